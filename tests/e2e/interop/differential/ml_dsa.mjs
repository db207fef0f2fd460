// ML-DSA (RFC 9964): keys that are not usable, and signatures that are not those of the algorithm, or
// not of the token.

import { claims, header, quoted, signMembers, token } from './corpus.mjs';
import { encode, ML_DSA } from './keys.mjs';

const FLIPPED = [0, 7, 40, 1000, 2000, -1, -20];

/** Returns the token with another signature, made from the bytes of its own. */
function resigned(text, change) {
  const [head, body, signature] = text.split('.');
  return `${head}.${body}.${encode(change(Buffer.from(signature, 'base64url')))}`;
}

function flipped(signature, place) {
  const bytes = Buffer.from(signature);
  bytes[(place + bytes.length) % bytes.length] ^= 1;
  return bytes;
}

function addSignatures(corpus, name) {
  const key = corpus.keys[name];
  const valid = token(key);
  for (const place of FLIPPED) {
    corpus.add('ML-DSA: signatures', 'keys', resigned(valid, (bytes) => flipped(bytes, place)), 'reject');
  }
  const lengths = [
    (bytes) => bytes.subarray(1), (bytes) => bytes.subarray(0, -1), (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
    (bytes) => Buffer.concat([bytes, bytes]), (bytes) => Buffer.alloc(bytes.length), (bytes) => bytes.subarray(0, 64),
  ];
  for (const change of lengths) corpus.add('ML-DSA: signatures', 'keys', resigned(valid, change), 'reject');
  for (const context of ['x', 'JWT', 'a'.repeat(255)]) {
    const other = signMembers(key, header(key), claims(), { salt: context });
    corpus.add('ML-DSA: contexts', 'keys', other, 'reject');
  }
}

function addNames(corpus, name) {
  const key = corpus.keys[name];
  for (const alg of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87', 'ml-dsa-44', 'ML-DSA', 'HashML-DSA-44', 'EdDSA', 'ES256', 'HS256']) {
    for (const kid of [quoted(key.kid), undefined]) {
      const changed = token(key, { head: { alg: quoted(alg), kid } });
      corpus.add('ML-DSA: names', 'keys', changed, alg === key.alg ? undefined : 'reject');
    }
  }
  corpus.add('ML-DSA: names', 'access', token(key, { head: { typ: '"at+jwt"' }, body: { client_id: '"app"' } }), 'reject');
  corpus.add('ML-DSA: names', 'bare', token(key), 'reject');
}

export function addMlDsa(corpus) {
  for (const name of ML_DSA) {
    addSignatures(corpus, name);
    addNames(corpus, name);
  }
  for (const name of ['mldsaOpen', 'mldsaShort', 'mldsaNamed']) {
    corpus.add('ML-DSA: unusable keys', 'keys', token(corpus.keys[name]), 'reject');
  }
}
