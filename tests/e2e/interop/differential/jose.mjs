// The rules as options of jose's jwtVerify.

import { calculateJwkThumbprint, createLocalJWKSet, errors, importJWK, jwtVerify } from 'jose';

import { LEEWAY, NOW } from './keys.mjs';

/**
 * Returns a function for each of the rules: token → { accepted, kind, claim } or { accepted,
 * header, claims, texts }.
 */
export function newVerifiers(rules) {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, verifier(rule)]));
}

/** Verifies a token of the test kit with the JWK of its key. */
export async function verifyWith(jwk, token) {
  return jwtVerify(token, await importJWK(jwk, jwk.alg), { algorithms: [jwk.alg] });
}

export function thumbprint(jwk) {
  return calculateJwkThumbprint(jwk);
}

function verifier({ issuer, audiences, algorithms, jwks, secret, access_tokens: accessTokens }) {
  const key = jwks === undefined ? Buffer.from(secret, 'base64url') : createLocalJWKSet(jwks);
  const options = {
    issuer, audience: audiences, algorithms, clockTolerance: LEEWAY, currentDate: new Date(NOW * 1000),
    requiredClaims: ['exp', ...(accessTokens ? ['sub', 'client_id', 'iat', 'jti'] : [])],
    ...(accessTokens ? { typ: 'at+jwt' } : {}),
  };
  return (token) => verify(token, key, options).then((result) => accepted(token, result), rejected);
}

/** Verifies a token. If several keys match, tries each of them, as jose's documentation shows. */
async function verify(token, key, options) {
  try {
    return await jwtVerify(token, key, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithEach(token, error, options);
  }
}

async function verifyWithEach(token, keys, options) {
  for await (const key of keys) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function accepted(token, { protectedHeader: header, payload: claims }) {
  const texts = token.split('.', 2).map((part) => Buffer.from(part, 'base64url').toString());
  return { accepted: true, header, claims, texts };
}

function rejected(error) {
  return { accepted: false, kind: error.code ?? error.name, claim: error.claim };
}
