// Header parameters, keys, dates and spellings of proofs.

import { createHmac } from 'node:crypto';

import { encode } from '../../differential/keys.mjs';

const NOT_TEXTS = { absent: undefined, null: null, number: 7, array: ['x'], empty: '' };
const SAME_TYPES = ['DPoP+JWT', 'application/dpop+jwt', 'Application/DPOP+jwt'];
const OTHER_TYPES = [
  'JWT', 'at+jwt', 'dpop', 'dpop+jwt2', 'dpop+jwt ', 'jwt+dpop', 'text/dpop+jwt', 'application/application/dpop+jwt',
];
const OTHER_ALGORITHMS = [
  'none', 'None', 'NONE', 'nOnE', 'HS256', 'es256', 'ES256 ', 'ES384', 'ES512', 'ES256K', 'RS256', 'EdDSA', 'PS256',
  'RSA-OAEP', 'dir',
];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth', 'priv'];

function addHeaders(corpus) {
  const { es } = corpus.keys;
  const header = (family, name, changes, decision = 'reject') => corpus[decision](family, name, { header: changes });
  for (const [name, typ] of Object.entries(NOT_TEXTS)) header('typ', name, { typ });
  for (const typ of OTHER_TYPES) header('typ', typ, { typ });
  for (const typ of SAME_TYPES) corpus.add('typ', typ, { header: { typ } });
  for (const [name, alg] of Object.entries(NOT_TEXTS)) header('alg', name, { alg });
  for (const alg of OTHER_ALGORITHMS) header('alg', alg, { alg });
  for (const alg of ['none', 'NONE', '']) {
    corpus.reject('alg', `"${alg}" without a signature`, { header: { alg }, sign: () => '' });
  }
  corpus.reject('alg', 'HS256 with the JWK as secret', {
    header: { alg: 'HS256' }, sign: (_, input) => createHmac('sha256', JSON.stringify(es.jwk)).update(input).digest(),
  });
  corpus.reject('alg', 'HS256 with a secret in the JWK', {
    header: { alg: 'HS256' }, jwk: { kty: 'oct', k: encode('x'.repeat(32)) },
    sign: (_, input) => createHmac('sha256', 'x'.repeat(32)).update(input).digest(),
  });
  header('crit', 'unknown', { crit: ['x'], x: 1 });
  header('crit', 'b64', { crit: ['b64'], b64: true });
  for (const crit of [[], null, 'x', {}]) header('crit', JSON.stringify(crit), { crit });
  corpus.add('b64', 'false', { header: { b64: false } });
  corpus.add('b64', 'true', { header: { b64: true } });
  corpus.add('zip', 'DEF', { header: { zip: 'DEF' } });
}

function addKeys(corpus) {
  const { es, es384, ed, rs } = corpus.keys;
  const jwk = (name, value, more = {}) => corpus.add('jwk', name, { jwk: value, ...more });
  const reject = (name, value, more = {}) => corpus.reject('jwk', name, { jwk: value, ...more });
  const notKeys = [undefined, null, 'x', 7, [], [es.jwk], {}, { kty: 'EC' }];
  for (const value of notKeys) reject(`${JSON.stringify(value)}`, value);
  reject('the private key', es.secret);
  reject('the private key of Ed25519', ed.secret, { key: 'ed' });
  reject('the private key of RSA', rs.secret, { key: 'rs' });
  for (const name of PRIVATE) jwk(`member ${name}`, { ...es.jwk, [name]: es.secret.d });
  jwk('member d null', { ...es.jwk, d: null });
  reject('of another key', corpus.keys.other.jwk);
  reject('without y', { ...es.jwk, y: undefined });
  reject('x and y swapped', { ...es.jwk, x: es.jwk.y, y: es.jwk.x });
  reject('a point that is not on the curve', { ...es.jwk, y: encode(Buffer.alloc(32, 1)) });
  reject('the point 0, 0', { ...es.jwk, x: encode(Buffer.alloc(32)), y: encode(Buffer.alloc(32)) });
  reject('P-384 for ES256', es384.jwk, { key: 'es384', header: { alg: 'ES256' } });
  reject('crv P-384 with a point of P-256', { ...es.jwk, crv: 'P-384' });
  reject('kty in lower case', { ...es.jwk, kty: 'ec' });
  reject('secp256k1', corpus.keys.bitcoin.jwk, { key: 'bitcoin' });
  reject('Ed25519 with zeros', { ...ed.jwk, x: encode(Buffer.alloc(32)) }, { key: 'ed' });
  reject('X25519', { ...ed.jwk, crv: 'X25519' }, { key: 'ed' });
  reject('RSA of 1024 bits', corpus.keys.weak.jwk, { key: 'weak' });
  reject('RSA with exponent 1', { ...rs.jwk, e: 'AQ' }, { key: 'rs' });
  reject('RSA with an even exponent', { ...rs.jwk, e: encode(Buffer.of(1, 0, 0)) }, { key: 'rs' });
  jwk('x with a zero in front', { ...es.jwk, x: zeroInFront(es.jwk.x) });
  jwk('x padded', { ...es.jwk, x: `${es.jwk.x}=` });
  jwk('x in the standard alphabet', { ...es.jwk, x: Buffer.from(es.jwk.x, 'base64url').toString('base64') });
  jwk('n with a zero in front', { ...rs.jwk, n: zeroInFront(rs.jwk.n) }, { key: 'rs' });
  jwk('e with a zero in front', { ...rs.jwk, e: zeroInFront(rs.jwk.e) }, { key: 'rs' });
  jwk('alg of another algorithm', { ...es.jwk, alg: 'ES384' });
  jwk('alg null', { ...es.jwk, alg: null });
  jwk('alg in lower case', { ...es.jwk, alg: 'es256' });
  jwk('use enc', { ...es.jwk, use: 'enc' });
  jwk('use null', { ...es.jwk, use: null });
  jwk('key_ops sign', { ...es.jwk, key_ops: ['sign'] });
  jwk('key_ops empty', { ...es.jwk, key_ops: [] });
  jwk('key_ops text', { ...es.jwk, key_ops: 'verify' });
  jwk('key_ops verify and sign', { ...es.jwk, key_ops: ['verify', 'sign'] });
  jwk('ext false', { ...es.jwk, ext: false });
  jwk('1,000 bytes of other members', { ...es.jwk, other: 'x'.repeat(1000) });
}

function zeroInFront(text) {
  return encode(Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]));
}

function addDates(corpus) {
  const now = Math.floor(Date.now() / 1000);
  const date = (name, claims, expected) => corpus.add('dates', name, { claims }, expected);
  const { number: _, ...notNumbers } = { ...NOT_TEXTS, text: `${now}`, true: true };
  for (const [name, iat] of Object.entries(notNumbers)) date(`iat ${name}`, { iat }, 'reject');
  for (const iat of [0, -1, -now, 1e300, now * 1000]) date(`iat ${iat}`, { iat }, 'reject');
  for (const ago of [30, 100, -30]) date(`iat ${ago} s ago`, { iat: now - ago }, 'accept');
  date('iat with a fraction', { iat: now - 0.5 }, 'accept');
  for (const ago of [140, 280, -80, -280]) date(`iat ${ago} s ago`, { iat: now - ago });
  for (const ago of [320, 3600, -320, -3600]) date(`iat ${ago} s ago`, { iat: now - ago }, 'reject');
  date('exp an hour ago', { exp: now - 3600 }, 'reject');
  date('exp as text', { exp: `${now + 60}` }, 'reject');
  date('nbf in an hour', { nbf: now + 3600 }, 'reject');
  date('nbf as text', { nbf: `${now}` }, 'reject');
  for (const [name, value] of Object.entries({ null: null, text: 'x' })) {
    for (const claim of ['exp', 'nbf', 'aud', 'iss', 'sub', 'nonce']) date(`${claim} ${name}`, { [claim]: value });
  }
}

function addIds(corpus) {
  const { empty: _, ...notTexts } = { ...NOT_TEXTS, true: true, object: {} };
  for (const [name, jti] of Object.entries(notTexts)) corpus.reject('jti', name, { claims: { jti } });
  corpus.add('jti', 'empty', { claims: { jti: '' } });
  corpus.add('jti', '257 bytes', { claims: { jti: 'x'.repeat(257) } });
  corpus.accept('jti', 'used once');
  corpus.repeat('used again');
  const { other } = corpus.keys;
  const jti = 'shared by two keys';
  corpus.accept('jti', `${jti}: the first`, { claims: { jti } });
  corpus.accept('jti', `${jti}: the second`, { key: 'other', jwk: other.jwk, claims: { jti } });
}

function addSignatures(corpus) {
  const { keys } = corpus;
  const reject = (name, sign, more = {}) => corpus.reject('signature', name, { sign, ...more });
  const flipped = (valid) => Buffer.from(valid.map((byte, at) => (at === 8 ? byte ^ 1 : byte)));
  for (const key of ['es', 'es384', 'ed', 'rs']) reject(`of ${key} with a flipped bit`, flipped, { key });
  reject('empty', () => '');
  reject('zeros', () => Buffer.alloc(64));
  reject('a byte longer', (valid) => Buffer.concat([valid, Buffer.of(0)]));
  reject('a byte shorter', (valid) => valid.subarray(1));
  reject('r and s swapped', (valid) => Buffer.concat([valid.subarray(32), valid.subarray(0, 32)]));
  reject('by another key', undefined, { key: 'other', jwk: keys.es.jwk });
}

function addSpellings(corpus) {
  const spell = (name, make, expected) => corpus.add('compact form', name, { spell: make }, expected);
  const pieces = (change) => (text) => change(...text.split('.'));
  spell('two parts', pieces((first, second) => `${first}.${second}`), 'reject');
  spell('four parts', (text) => `${text}.x`, 'reject');
  spell('five parts', (text) => `${text}.x.y`, 'reject');
  spell('quoted', (text) => `"${text}"`, 'reject');
  spell('as JSON', pieces((first, second, third) => (
    JSON.stringify({ payload: second, protected: first, signature: third })
  )), 'reject');
  for (const [name, piece] of Object.entries({ padding: '=', asterisk: '*', 'a character': 'A' })) {
    spell(`${name} after the signature`, (text) => text + piece);
    spell(`${name} after the header`, (text) => text.replace('.', `${piece}.`));
  }
  spell('a space within', (text) => text.replace('.', '. '));
  spell('a tab within', (text) => text.replace('.', '\t.'));
  spell('standard alphabet', (text) => text.replaceAll('-', '+').replaceAll('_', '/'));
  spell('over 8 KiB', (text) => text.padEnd(9000, 'A'), 'reject');
  corpus.add('compact form', 'valid, of 9 KiB', { claims: { x: 'x'.repeat(6500) } });
}

function addJson(corpus) {
  const both = (name, change, expected) => {
    corpus.add('JSON', `${name} (header)`, { spellHeader: change }, expected);
    corpus.add('JSON', `${name} (claims)`, { spellClaims: change }, expected);
  };
  both('array', (text) => `[${text}]`, 'reject');
  both('text', (text) => JSON.stringify(text), 'reject');
  both('null', () => 'null', 'reject');
  both('nothing', () => '', 'reject');
  both('a trailing comma', (text) => `${text.slice(0, -1)},}`, 'reject');
  both('text after it', (text) => `${text}x`, 'reject');
  both('a second object', (text) => text + text, 'reject');
  both('not UTF-8', (text) => Buffer.from(`${text.slice(0, -1)},"x":"\u00ff"}`, 'latin1'));
  both('a byte order mark', (text) => `\ufeff${text}`);
  both('a member twice', (text) => `{"x":1,"x":2,${text.slice(1)}`);
  both('half of a surrogate pair', (text) => `{"x":"\\ud83d",${text.slice(1)}`);
  both('200 arrays in arrays', (text) => `{"x":${'['.repeat(200)}${']'.repeat(200)},${text.slice(1)}`);
  both('a number of 1e999', (text) => `{"x":1e999,${text.slice(1)}`);
  both('a member that serde_json treats specially', (text) => (
    `{"x":{"$serde_json::private::RawValue":"{}"},${text.slice(1)}`
  ));
  for (const name of ['typ', 'alg', 'jwk']) corpus.add('JSON', `${name} twice`, { spellHeader: twice(name) });
  for (const name of ['htm', 'htu', 'iat', 'jti', 'ath']) {
    corpus.add('JSON', `${name} twice`, { spellClaims: twice(name) });
  }
  corpus.add('JSON', 'kty twice in the JWK', { spellHeader: (text) => text.replace('"kty"', '"kty":"RSA","kty"') });
  corpus.add('JSON', 'names with escapes', { spellClaims: (text) => text.replace('"htm"', '"\\u0068tm"') });
}

/** Returns a function that puts a wrong value of this member in front of the right one. */
function twice(name) {
  return (text) => `{"${name}":"wrong",${text.slice(1)}`;
}

export function addProofs(corpus) {
  for (const add of [addHeaders, addKeys, addDates, addIds, addSignatures, addSpellings, addJson]) add(corpus);
}
