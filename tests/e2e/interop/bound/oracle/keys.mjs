// The keys of the proofs, generated for each run, and the thumbprint of any JWK.

import { createHash, generateKeyPairSync } from 'node:crypto';

const rsa = (modulusLength, publicExponent = 65537) => ['rsa', { modulusLength, publicExponent }];
const ec = (namedCurve) => ['ec', { namedCurve }];

/** For each key its algorithm, its type and its parameters. */
const KINDS = {
  es: ['ES256', ec('P-256')],
  other: ['ES256', ec('P-256')],
  es384: ['ES384', ec('P-384')],
  es512: ['ES512', ec('P-521')],
  bitcoin: ['ES256K', ec('secp256k1')],
  ed: ['EdDSA', ['ed25519', {}]],
  rs: ['RS256', rsa(2048)],
  three: ['RS256', rsa(2048, 3)],
  weak: ['RS256', rsa(1024)],
};

/** The members of which the thumbprint is made (RFC 7638 §3.2, RFC 8037 §2). */
const MEMBERS = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'], oct: ['k', 'kty'] };

function newKey([name, [alg, [type, options]]]) {
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  const jwk = publicKey.export({ format: 'jwk' });
  // `x` must have a character that the standard alphabet of base64 doesn't have.
  if (name === 'es' && !/[-_]/.test(jwk.x)) return newKey([name, KINDS[name]]);
  return [name, { alg, privateKey, jwk, secret: privateKey.export({ format: 'jwk' }) }];
}

/**
 * Returns { name: { alg, privateKey, jwk, secret } }. The last two are its JWK, without and with private
 * members.
 */
export function newKeys() {
  return Object.fromEntries(Object.entries(KINDS).map(newKey));
}

/** Returns the thumbprint of a JWK as it is spelled (RFC 7638). */
export function thumbprint(jwk) {
  const members = (MEMBERS[jwk?.kty] ?? ['kty']).map((name) => [name, jwk?.[name]]);
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(members))).digest('base64url');
}
