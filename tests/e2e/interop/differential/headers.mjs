// Headers of all forms, with valid signatures: algorithms, key ids, types, extensions, and keys
// used for another purpose than theirs.

import { createHmac } from 'node:crypto';

import { claims, header, object, quoted, signMembers, signParts, token } from './corpus.mjs';
import { encode } from './keys.mjs';

const ALGORITHMS = [
  'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
  'Ed25519', 'Ed448', 'ES256K', 'none', 'None', 'NONE', 'nOnE', 'es256', 'ES256 ', ' ES256', 'ES256\u0000', 'RSA-OAEP',
  'dir', 'A128GCM', '', 'constructor', '__proto__', 'toString', 'ML-DSA-44',
];
const OTHER_TYPES = ['null', 'true', '0', '1.5', '[]', '["ES256"]', '{}', '[["es"]]', '1e400'];
const TYPES = [
  '"JWT"', '"jwt"', '"at+jwt"', '"AT+JWT"', '"application/jwt"', '"APPLICATION/JWT"', '"application/at+jwt"',
  '"at+JWT"', '""', '" JWT"', '"JWT "', '"JWS"', '"JOSE"', '"JOSE+JSON"', '"dpop+jwt"', '"logout+jwt"',
  '"secevent+jwt"', '"application/dpop+jwt"', '"id_token+jwt"', '"at+jwt; charset=utf-8"', '"text/at+jwt"',
  '"application/application/jwt"', '"application/"', '"JWT,at+jwt"', '"ａt+jwt"',
];
const KEY_IDS = [
  '', ' ', 'ES', ' es', 'es ', 'es\u0000', 'es.', 'unknown', '../../../../dev/null', '/proc/self/environ',
  "' OR 1=1 --", '0', 'constructor', '__proto__', 'length', 'ed', 'rs', 'mismatched', 'weak', 'enc', 'es\n', 'еs',
  'x'.repeat(600), 'x'.repeat(9000),
];
const EXTENSIONS = [
  { crit: '[]' }, { crit: 'null' }, { crit: '"exp"' }, { crit: '{}' }, { crit: '["exp"]' },
  { crit: '["exp"]', exp: '1800000300' }, { crit: '["alg"]' }, { crit: '["b64"]' }, { crit: '["b64"]', b64: 'true' },
  { crit: '["b64"]', b64: 'false' }, { crit: '["b64"]', b64: '"true"' }, { crit: '["b64"]', b64: 'null' },
  { crit: '["b64","b64"]', b64: 'true' }, { crit: '["B64"]', B64: 'true' }, { crit: '["x"]', x: '1' }, { crit: '[1]' },
  { crit: '[""]', '': '1' }, { crit: '[null]' }, { crit: '["b64","x"]', b64: 'true', x: '1' },
  { crit: '["__proto__"]' }, { crit: '["constructor"]' }, { crit: '["toString"]' }, { b64: 'true' }, { b64: 'false' },
  { b64: 'null' }, { b64: '1' }, { zip: '"DEF"' }, { zip: 'null' }, { zip: '""' }, { enc: '"A128GCM"' },
  { CRIT: '["exp"]' }, { Crit: '["exp"]' },
];

function addAlgorithms(corpus) {
  const { keys } = corpus;
  for (const name of ['rs', 'ps', 'es', 'es384', 'ed', 'hs']) {
    const key = keys[name];
    const rules = name === 'hs' ? 'secret' : 'keys';
    for (const alg of ALGORITHMS) corpus.add('names of algorithms', rules, token(key, { head: { alg: quoted(alg) } }));
    for (const alg of OTHER_TYPES) corpus.add('names of algorithms', rules, token(key, { head: { alg } }));
    corpus.add('names of algorithms', rules, token(key, { head: { alg: undefined } }), 'reject');
  }
  const signers = { ES256: 'es', ES384: 'es384', EdDSA: 'ed', Ed25519: 'ed', RS256: 'rs' };
  for (const [alg, name] of Object.entries(signers)) {
    const changes = { head: { alg: quoted(alg), typ: '"at+jwt"' }, body: { client_id: '"app"' } };
    corpus.add('names of algorithms', 'access', token(keys[name], changes));
    corpus.add('names of algorithms', 'bare', token(keys.ed, { head: { alg: quoted(alg), kid: undefined } }));
  }
}

/**
 * Signs with each key by each algorithm of its key type, with its own id, none, and those of
 * others.
 */
function addConfused(corpus) {
  const { keys } = corpus;
  const able = {
    rs: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'], es: ['ES256', 'ES384', 'ES512'],
    es384: ['ES256', 'ES384'],
  };
  for (const [name, algorithms] of Object.entries(able)) {
    for (const alg of algorithms) {
      for (const changes of [{}, { kid: undefined }, { kid: '"ps"' }, { kid: '"ed"' }]) {
        const members = header(keys[name], { alg: quoted(alg), ...changes });
        corpus.add('keys and algorithms', 'keys', signMembers(keys[name], members, claims(), { alg }));
        corpus.add('keys and algorithms', 'bare', signMembers(keys[name], members, claims(), { alg }));
      }
    }
  }
  for (const name of ['enc', 'signs', 'weak', 'mismatched', 'unsupported', 'open', 'attacker']) {
    corpus.add('keys and algorithms', 'keys', token(keys[name]), 'reject');
    corpus.add('keys and algorithms', 'keys', token(keys[name], { head: { kid: undefined } }));
  }
  for (const name of ['es', 'rs', 'ed', 'twin']) {
    corpus.add('keys and algorithms', 'keys', token(keys[name], { head: { kid: undefined } }));
    corpus.add('keys and algorithms', 'bare', token(keys[name]));
  }
}

/** Signs by HMAC with a public key as the secret (CVE-2015-9235). */
function addPublicSecrets(corpus) {
  const { keys } = corpus;
  for (const name of ['rs', 'es', 'ed']) {
    const { bare, jwk, public: key } = keys[name];
    const pem = key.export({ format: 'pem', type: 'spki' });
    const der = key.export({ format: 'der', type: 'spki' });
    const member = Buffer.from(bare.n ?? bare.x, 'base64url');
    const secrets = [pem, pem.trim(), `${pem}\n`, der, JSON.stringify(bare), JSON.stringify(jwk), member, ''];
    for (const secret of secrets) {
      for (const rules of ['keys', 'bare', 'secret']) {
        const input = [object(header(keys[name], { alg: '"HS256"' })), object(claims())].map(encode).join('.');
        const forged = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
        corpus.add('public keys as secrets', rules, forged, 'reject');
      }
    }
  }
}

function addKeyIds(corpus) {
  const { keys } = corpus;
  for (const kid of [...KEY_IDS.map(quoted), ...OTHER_TYPES]) {
    corpus.add('key ids', 'keys', token(keys.es, { head: { kid } }));
    corpus.add('key ids', 'bare', token(keys.es, { head: { kid } }));
    corpus.add('key ids', 'secret', token(keys.hs, { head: { kid } }));
  }
}

function addTypes(corpus) {
  for (const typ of [...TYPES, ...OTHER_TYPES]) {
    corpus.add('types of tokens', 'keys', token(corpus.anyKey(), { head: { typ } }));
    corpus.add('types of tokens', 'secret', token(corpus.keys.hs, { head: { typ } }));
    corpus.add('types of tokens', 'access', token(corpus.keys.es, { head: { typ }, body: { client_id: '"app"' } }));
  }
}

function addExtensions(corpus) {
  for (const head of EXTENSIONS) {
    corpus.add('extensions', 'keys', token(corpus.anyKey(), { head }));
    corpus.add('extensions', 'secret', token(corpus.keys.hs, { head }));
  }
  // RFC 7797: the payload without base64url. It must not contain a dot, so dots are escaped here.
  const key = corpus.keys.ed;
  const plain = object(claims()).replaceAll('.', '\\u002e');
  const head = object(header(key, { crit: '["b64"]', b64: 'false' }));
  corpus.add('extensions', 'keys', signParts(key, encode(head), plain), 'reject');
  // Keys of the attacker in the header.
  const { attacker } = corpus.keys;
  for (const kid of [quoted(attacker.kid), undefined]) {
    const own = { kid, jwk: quoted(attacker.bare), jku: '"https://attacker.example/jwks"' };
    corpus.add('extensions', 'keys', token(attacker, { head: own }), 'reject');
  }
}

export function addHeaders(corpus) {
  addAlgorithms(corpus);
  addConfused(corpus);
  addPublicSecrets(corpus);
  addKeyIds(corpus);
  addTypes(corpus);
  addExtensions(corpus);
}
