// What an attacker who has a bound token sends, by HTTP and by gRPC, and how each must be rejected.

import { randomUUID } from 'node:crypto';

import { authorization, hashOf, newProof, proofField, withProof } from './proofs.mjs';

const PLAIN = [401, 'Bearer', 'DPoP'];
const BEARER = [401, 'Bearer invalid_token', 'DPoP'];
const PROOF = [401, 'DPoP invalid_dpop_proof'];
const TOKEN = [401, 'DPoP invalid_token'];

/** Changes one character in the middle of the last part. */
export function damaged(compact) {
  const at = Math.floor((compact.lastIndexOf('.') + compact.length) / 2);
  return compact.slice(0, at) + (compact[at] === 'A' ? 'B' : 'A') + compact.slice(at + 1);
}

const later = (seconds) => Math.floor(Date.now() / 1000) + seconds;

/** Returns the attacks with the token but without a proof of its key. */
async function withoutTheKey({ token, unbound, owner, attacker, htu, htm, used }) {
  return [
    ['no token', [], PLAIN],
    ['the token as Bearer', [authorization('Bearer', token)], BEARER],
    ['the token as Bearer, with a valid proof of its key', [
      authorization('Bearer', token), proofField(await newProof(owner, token, htu, { htm })),
    ], BEARER],
    ['the token as Bearer, with a proof of another key', [
      authorization('Bearer', token), proofField(await newProof(attacker, token, htu, { htm })),
    ], BEARER],
    ['the token alone, as DPoP', [authorization('DPoP', token)], PROOF],
    ['a used proof', [authorization('DPoP', token), proofField(used)], PROOF],
    ['a proof of another key', await withProof(attacker, token, htu, { htm }), TOKEN],
    ['an unbound token with a proof of any key', await withProof(attacker, unbound, htu, { htm }), TOKEN],
    ['the token as its own proof', [authorization('DPoP', token), proofField(token)], PROOF],
    ['a damaged token with a valid proof', await withProof(owner, damaged(token), htu, { htm }), TOKEN],
  ];
}

/** Returns the attacks with a proof of the right key that was made for something else. */
async function withAnotherProof({ token, unbound, owner, issuer, htu, htm }) {
  const url = new URL(htu);
  const proof = (changes) => newProof(owner, token, htu, { htm, ...changes });
  const rejected = async (name, changes) => [
    name, [authorization('DPoP', token), proofField(await proof(changes))], PROOF,
  ];
  const two = [await proof(), await proof()];
  return [
    await rejected('a proof for another path', { htu: `${url.origin}/other` }),
    await rejected('a proof for another host', { htu: `${url.protocol}//other.example${url.pathname}` }),
    await rejected('a proof for another port', { htu: htu.replace(`:${url.port}`, ':1') }),
    await rejected('a proof for another method', { htm: 'DELETE' }),
    await rejected('a proof for the token endpoint', { htu: `${issuer}/token`, htm: 'POST', ath: undefined }),
    await rejected('a proof for another token', { ath: hashOf(unbound) }),
    await rejected('a proof of an hour ago', { iat: later(-3600) }),
    await rejected('a proof of the next hour', { iat: later(3600) }),
    await rejected('a proof without jti', { jti: undefined }),
    ['a damaged proof', [authorization('DPoP', token), proofField(damaged(await proof({ jti: randomUUID() })))], PROOF],
    ['two proofs', [authorization('DPoP', token), ...two.map(proofField)], PROOF],
    ['two proofs in one field', [authorization('DPoP', token), proofField(two.join(', '))], PROOF],
  ];
}

/**
 * Returns [name, header lines, expected rejection] for each attack. `used` is a proof that was
 * accepted for the same request, `owner` the key of the token, `attacker` another key.
 */
export async function attacks(facts) {
  return [...await withoutTheKey(facts), ...await withAnotherProof(facts)];
}
