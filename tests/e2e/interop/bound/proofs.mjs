// Proofs that no client library would make.

import { createHash, randomUUID } from 'node:crypto';

import { exportJWK, SignJWT } from 'jose';

export const authorization = (scheme, token) => ['Authorization', `${scheme} ${token}`];
export const proofField = (proof) => ['DPoP', proof];

export function hashOf(token) {
  return createHash('sha256').update(token).digest('base64url');
}

/** Returns a valid proof of an ES256 key for this request, except for the changed claims. */
export async function newProof({ publicKey, privateKey }, token, htu, changes = {}) {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) };
  const iat = Math.floor(Date.now() / 1000);
  const claims = { jti: randomUUID(), htm: 'GET', htu, iat, ath: hashOf(token), ...changes };
  return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
}

/** Returns the header lines of a request with the token and a proof. */
export async function withProof(keyPair, token, htu, changes) {
  return [authorization('DPoP', token), proofField(await newProof(keyPair, token, htu, changes))];
}
