// The keys that sign the corpus, generated for each run, and the rules by which both sides verify.

import { constants, createHmac, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

export const NOW = 1_800_000_000;
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://api.example';
export const SECOND_AUDIENCE = 'urn:second';
/** The default of JwtAuthBuilder::leeway. */
export const LEEWAY = 60;

const NAMES = [
  'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
  'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87',
];

const generate = promisify(generateKeyPair);
const rsa = (modulusLength, publicExponent = 65537) => ['rsa', { modulusLength, publicExponent }];
const mlDsa = (set) => [`ml-dsa-${set}`, {}];
const ec = (namedCurve) => ['ec', { namedCurve }];

/**
 * For each key its algorithm, its type and parameters, and how its JWK differs from the usual one.
 */
const KINDS = {
  rs: ['RS256', rsa(2048)],
  ps: ['PS256', rsa(2048)],
  es: ['ES256', ec('P-256')],
  es384: ['ES384', ec('P-384')],
  es512: ['ES512', ec('P-521')],
  ed: ['EdDSA', ['ed25519', {}]],
  mldsa44: ['ML-DSA-44', mlDsa(44)],
  mldsa65: ['ML-DSA-65', mlDsa(65)],
  mldsa87: ['ML-DSA-87', mlDsa(87)],
  twin: ['ES256', ec('P-256')],
  sibling: ['ES256', ec('P-256'), { kid: 'twin' }],
  three: ['RS256', rsa(2048, 3)],
  spelled: ['RS256', rsa(2048), ({ n }) => ({ n: encode(Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')])) })],
  enc: ['ES256', ec('P-256'), { use: 'enc' }],
  signs: ['ES256', ec('P-256'), { key_ops: ['sign'], use: undefined }],
  weak: ['RS256', rsa(1024)],
  mismatched: ['ES256', ec('P-256'), { alg: 'RS256' }],
  unsupported: ['ES256', ec('P-256'), { alg: 'XS256' }],
  open: ['ES256', ec('P-256'), (jwk, secret) => ({ d: secret.d })],
  mldsaOpen: ['ML-DSA-44', mlDsa(44), (jwk, secret) => ({ priv: secret.priv })],
  mldsaShort: ['ML-DSA-44', mlDsa(44), ({ pub }) => ({ pub: pub.slice(0, -4) })],
  mldsaNamed: ['ML-DSA-65', mlDsa(65), { alg: 'ML-DSA-44' }],
};
/** The names of the keys of ML-DSA that are usable. */
export const ML_DSA = ['mldsa44', 'mldsa65', 'mldsa87'];
const BARE = ['rs', 'es', 'es384', 'ed'];

const hash = (alg) => `sha${alg.slice(2)}`;
const SIGNERS = {
  HS: (alg, key, input) => createHmac(hash(alg), key).update(input).digest(),
  RS: (alg, key, input) => sign(hash(alg), input, key),
  PS: (alg, key, input, saltLength = Number(alg.slice(2)) / 8) => (
    sign(hash(alg), input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
  ),
  ES: (alg, key, input) => sign(hash(alg), input, { key, dsaEncoding: 'ieee-p1363' }),
  Ed: (_, key, input) => sign(null, input, key),
  ML: (_, key, input, context = '') => sign(null, input, { key, context: Buffer.from(context) }),
};

export function encode(bytes) {
  return Buffer.from(bytes).toString('base64url');
}

/**
 * Returns the signature as bytes. `salt` is the length of the salt of PSS, or the context of
 * ML-DSA.
 */
export function signature(alg, key, input, salt) {
  return SIGNERS[alg.slice(0, 2)](alg, key, input, salt);
}

async function newKey([name, [alg, [type, options], change]]) {
  const { publicKey, privateKey } = await generate(type, options);
  const bare = publicKey.export({ format: 'jwk' });
  const changes = typeof change === 'function' ? change(bare, privateKey.export({ format: 'jwk' })) : change;
  const jwk = { ...bare, kid: name, alg, use: 'sig', ...changes };
  return [name, { name, kid: jwk.kid, alg, secret: privateKey, public: publicKey, bare, jwk }];
}

/**
 * Returns { name: { name, kid, alg, secret, public, bare, jwk } }, with the key for HMAC and an
 * untrusted key.
 */
export async function newKeys() {
  const pairs = await Promise.all(Object.entries(KINDS).map(newKey));
  const attacker = await newKey(['es', KINDS.es]);
  const shared = { name: 'hs', kid: undefined, alg: 'HS256', secret: randomBytes(32) };
  return Object.fromEntries([...pairs, ['attacker', attacker[1]], ['hs', shared]]);
}

/** Returns the rules, each with the keys and settings that its tokens are verified with. */
export function newRules(keys) {
  const common = { issuer: ISSUER, audiences: [AUDIENCE, SECOND_AUDIENCE], algorithms: NAMES };
  const published = Object.keys(KINDS).map((name) => keys[name].jwk);
  return {
    keys: { ...common, jwks: { keys: published } },
    // Keys without ids and algorithms.
    bare: { ...common, jwks: { keys: BARE.map((name) => keys[name].bare) } },
    // Access tokens of RFC 9068, with few algorithms.
    access: { ...common, algorithms: ['ES256', 'EdDSA'], jwks: { keys: published }, access_tokens: true },
    secret: { ...common, algorithms: ['HS256'], secret: encode(keys.hs.secret) },
  };
}
