// Requests with a DPoP proof, each a change of a valid one.

import { randomUUID } from 'node:crypto';

import { encode, signature } from '../../differential/keys.mjs';
import { authorization, hashOf, proofField } from '../proofs.mjs';
import { thumbprint } from './keys.mjs';

export const ORIGIN = 'https://api.example';
const URL_OF_REQUEST = `${ORIGIN}/whoami`;

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
const same = (text) => text;

/**
 * Returns the parts of a request. Each member of `draft` changes one of them:
 * - key: the name of the key that signs the proof;
 * - jwk: what the proof has in place of its JWK;
 * - cnf: the claim of the token, by default the thumbprint of that JWK;
 * - token: other changed claims of the token; tokenHeader, spellToken: its header and its text;
 * - header, claims: changes of the proof, where `undefined` removes a member;
 * - spellHeader, spellClaims: functions of its JSON; spellInput: of what is signed; spell: of its
 *   compact form;
 * - sign: a function of the valid signature and of the input;
 * - fields: a function of the token and the proof that returns the header lines;
 * - url, method: of the request.
 */
function build(issuer, keys, draft) {
  const { url = URL_OF_REQUEST, method = 'GET' } = draft;
  const key = keys[draft.key ?? 'es'];
  const jwk = 'jwk' in draft ? draft.jwk : key.jwk;
  const cnf = 'cnf' in draft ? draft.cnf : { jkt: thumbprint(jwk) };
  const token = (draft.spellToken ?? same)(issuer.token({ cnf, ...draft.token }, draft.tokenHeader));
  const header = defined({ typ: 'dpop+jwt', alg: key.alg, jwk, ...draft.header });
  const claims = defined({
    jti: randomUUID(), htm: method, htu: URL_OF_REQUEST, iat: Math.floor(Date.now() / 1000), ath: hashOf(token),
    ...(typeof draft.claims === 'function' ? draft.claims({ token, jwk }) : draft.claims),
  });
  const proof = (draft.spell ?? same)(compact(key, header, claims, draft));
  const fields = (draft.fields ?? usual)({ token, proof });
  return { url, method, fields, header, claims, cnf, token, proof, now: Date.now() / 1000 };
}

function compact(key, header, claims, draft) {
  const { spellHeader = same, spellClaims = same, spellInput = same, sign, alg = key.alg } = draft;
  const parts = [spellHeader(JSON.stringify(header)), spellClaims(JSON.stringify(claims))];
  const input = spellInput(parts.map(encode).join('.'));
  const valid = signature(alg === 'ES256K' ? 'ES256' : alg, key.privateKey, input);
  return `${input}.${encode(sign === undefined ? valid : sign(valid, input))}`;
}

const usual = ({ token, proof }) => [authorization('DPoP', token), proofField(proof)];

/** Collects the requests: { family, name, expected: { oracle, ours }, url, method, fields, ... }. */
export class Corpus {
  requests = [];

  constructor(issuer, keys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  /** Adds the request. `expected` says who accepts it. */
  add(family, name, draft, expected) {
    this.requests.push({ family, name, expected, ...build(this.issuer, this.keys, draft) });
  }

  /** Adds a request that both sides accept. */
  accept(family, name, draft = {}) {
    this.add(family, name, draft, { oracle: true, ours: true });
  }

  /** Adds a request that both sides reject. */
  reject(family, name, draft) {
    this.add(family, name, draft, { oracle: false, ours: false });
  }

  /** Adds a request that only the oracle accepts. */
  oracle(family, name, draft) {
    this.add(family, name, draft, { oracle: true, ours: false });
  }

  /** Adds a request that only this crate accepts. */
  ours(family, name, draft) {
    this.add(family, name, draft, { oracle: false, ours: true });
  }

  /** Adds the last request again, unchanged. Only the oracle accepts it. */
  repeat(name) {
    const expected = { oracle: true, ours: false };
    this.requests.push({ ...this.requests.at(-1), name, repeated: true, expected });
  }
}
