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
/** Private members of other types of keys than EC. */
const PRIVATE_OF_OTHERS = ['p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'];

function addHeaders(corpus) {
  const { es } = corpus.keys;
  const header = (family, name, changes, decision = 'reject') => corpus[decision](family, name, { header: changes });
  for (const [name, typ] of Object.entries(NOT_TEXTS)) header('typ', name, { typ });
  for (const typ of OTHER_TYPES) header('typ', typ, { typ });
  for (const typ of SAME_TYPES) corpus.accept('typ', typ, { header: { typ } });
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
  corpus.oracle('b64', 'false', { header: { b64: false } });
  corpus.oracle('b64', 'true', { header: { b64: true } });
  corpus.oracle('zip', 'DEF', { header: { zip: 'DEF' } });
}

function addKeys(corpus) {
  const { es, es384, ed, rs } = corpus.keys;
  const add = (decision) => (name, value, more = {}) => corpus[decision]('jwk', name, { jwk: value, ...more });
  const [accept, reject, oracle] = ['accept', 'reject', 'oracle'].map(add);
  const notKeys = [undefined, null, 'x', 7, [], [es.jwk], {}, { kty: 'EC' }];
  for (const value of notKeys) reject(`${JSON.stringify(value)}`, value);
  reject('the private key', es.secret);
  reject('the private key of Ed25519', ed.secret, { key: 'ed' });
  reject('the private key of RSA', rs.secret, { key: 'rs' });
  for (const name of ['d', 'oth']) reject(`member ${name}`, { ...es.jwk, [name]: es.secret.d });
  for (const name of PRIVATE_OF_OTHERS) oracle(`member ${name}`, { ...es.jwk, [name]: es.secret.d });
  reject('member d null', { ...es.jwk, d: null });
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
  oracle('x with a zero in front', { ...es.jwk, x: zeroInFront(es.jwk.x) });
  oracle('x padded', { ...es.jwk, x: `${es.jwk.x}=` });
  oracle('x in the standard alphabet', { ...es.jwk, x: Buffer.from(es.jwk.x, 'base64url').toString('base64') });
  oracle('n with a zero in front', { ...rs.jwk, n: zeroInFront(rs.jwk.n) }, { key: 'rs' });
  oracle('e with a zero in front', { ...rs.jwk, e: zeroInFront(rs.jwk.e) }, { key: 'rs' });
  reject('alg of another algorithm', { ...es.jwk, alg: 'ES384' });
  reject('alg null', { ...es.jwk, alg: null });
  reject('alg in lower case', { ...es.jwk, alg: 'es256' });
  oracle('use enc', { ...es.jwk, use: 'enc' });
  oracle('use null', { ...es.jwk, use: null });
  oracle('key_ops sign', { ...es.jwk, key_ops: ['sign'] });
  oracle('key_ops empty', { ...es.jwk, key_ops: [] });
  oracle('key_ops text', { ...es.jwk, key_ops: 'verify' });
  accept('key_ops verify and sign', { ...es.jwk, key_ops: ['verify', 'sign'] });
  accept('ext false', { ...es.jwk, ext: false });
  accept('1,000 bytes of other members', { ...es.jwk, other: 'x'.repeat(1000) });
}

function zeroInFront(text) {
  return encode(Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]));
}

function addDates(corpus) {
  const now = Math.floor(Date.now() / 1000);
  const add = (decision) => (name, claims) => corpus[decision]('dates', name, { claims });
  const [accept, reject, oracle] = ['accept', 'reject', 'oracle'].map(add);
  const { number: _, ...notNumbers } = { ...NOT_TEXTS, text: `${now}`, true: true };
  for (const [name, iat] of Object.entries(notNumbers)) reject(`iat ${name}`, { iat });
  for (const iat of [0, -1, -now, 1e300, now * 1000]) reject(`iat ${iat}`, { iat });
  // The limits are -120 and 60 here, -300 and 300 there. Half a minute of margin is for the run.
  for (const age of [-90, -30, -0.5, 30]) accept(`iat now and ${age} s`, { iat: now + age });
  for (const age of [-270, -140, 90, 270]) oracle(`iat now and ${age} s`, { iat: now + age });
  for (const age of [-3600, -310, 340, 3600]) reject(`iat now and ${age} s`, { iat: now + age });
  reject('exp an hour ago', { exp: now - 3600 });
  reject('nbf in an hour', { nbf: now + 3600 });
  for (const claim of ['exp', 'nbf']) {
    reject(`${claim} null`, { [claim]: null });
    reject(`${claim} text`, { [claim]: `${now}` });
  }
}

/** Adds claims that have no meaning in a proof, or none without nonces. */
function addOtherClaims(corpus) {
  for (const claim of ['aud', 'iss', 'sub', 'nonce']) {
    corpus.accept('other claims', `${claim} text`, { claims: { [claim]: 'x' } });
  }
  for (const claim of ['sub', 'nonce']) corpus.accept('other claims', `${claim} null`, { claims: { [claim]: null } });
  for (const claim of ['aud', 'iss']) corpus.ours('other claims', `${claim} null`, { claims: { [claim]: null } });
}

function addIds(corpus) {
  const { empty: _, ...notTexts } = { ...NOT_TEXTS, true: true, object: {} };
  for (const [name, jti] of Object.entries(notTexts)) corpus.reject('jti', name, { claims: { jti } });
  corpus.oracle('jti', 'empty', { claims: { jti: '' } });
  corpus.oracle('jti', '257 bytes', { claims: { jti: 'x'.repeat(257) } });
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
  const spell = (name, make) => corpus.reject('compact form', name, { spell: make });
  const pieces = (change) => (text) => change(...text.split('.'));
  spell('two parts', pieces((first, second) => `${first}.${second}`));
  spell('four parts', (text) => `${text}.x`);
  spell('five parts', (text) => `${text}.x.y`);
  spell('quoted', (text) => `"${text}"`);
  spell('as JSON', pieces((first, second, third) => (
    JSON.stringify({ payload: second, protected: first, signature: third })
  )));
  for (const [name, piece] of Object.entries({ padding: '=', asterisk: '*', 'a character': 'A' })) {
    spell(`${name} after the signature`, (text) => text + piece);
    spell(`${name} after the header`, (text) => text.replace('.', `${piece}.`));
  }
  spell('a space within', (text) => text.replace('.', '. '));
  spell('a tab within', (text) => text.replace('.', '\t.'));
  spell('over 8 KiB', (text) => text.padEnd(9000, 'A'));
  corpus.oracle('compact form', 'valid, of 9 KiB', { claims: { x: 'x'.repeat(6500) } });
  // The claim ensures that there is something to replace.
  corpus.oracle('compact form', 'standard alphabet', {
    claims: { x: '????????' }, spellInput: (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  });
}

/** Returns a function that puts a wrong value of this member in front of the right one. */
function twice(name) {
  return (text) => `{"${name}":"wrong",${text.slice(1)}`;
}

function addJson(corpus) {
  const both = (decision) => (name, change) => {
    corpus[decision]('JSON', `${name} (header)`, { spellHeader: change });
    corpus[decision]('JSON', `${name} (claims)`, { spellClaims: change });
  };
  const [reject, oracle] = ['reject', 'oracle'].map(both);
  const within = (member) => (text) => `{${member},${text.slice(1)}`;
  reject('array', (text) => `[${text}]`);
  reject('text', (text) => JSON.stringify(text));
  reject('null', () => 'null');
  reject('nothing', () => '');
  reject('a trailing comma', (text) => `${text.slice(0, -1)},}`);
  reject('text after it', (text) => `${text}x`);
  reject('a second object', (text) => text + text);
  oracle('not UTF-8', (text) => Buffer.from(within('"x":"\u00ff"')(text), 'latin1'));
  oracle('a byte order mark', (text) => `\ufeff${text}`);
  oracle('a member twice', within('"x":1,"x":2'));
  oracle('half of a surrogate pair', within('"x":"\\ud83d"'));
  oracle('200 arrays in arrays', within(`"x":${'['.repeat(200)}${']'.repeat(200)}`));
  oracle('a number of 1e999', within('"x":1e999'));
  oracle('a name that serde_json treats specially', within('"x":{"$serde_json::private::RawValue":"{}"}'));
  const claims = ['htm', 'htu', 'iat', 'jti', 'ath'];
  for (const name of ['typ', 'alg', 'jwk']) corpus.oracle('JSON', `${name} twice`, { spellHeader: twice(name) });
  for (const name of claims) corpus.oracle('JSON', `${name} twice`, { spellClaims: twice(name) });
  const kty = (text) => text.replace('"kty"', '"kty":"RSA","kty"');
  corpus.oracle('JSON', 'kty twice in the JWK', { spellHeader: kty });
  corpus.accept('JSON', 'names with escapes', { spellClaims: (text) => text.replace('"htm"', '"\\u0068tm"') });
}

export function addProofs(corpus) {
  const families = [
    addHeaders, addKeys, addDates, addOtherClaims, addIds, addSignatures, addSpellings, addJson,
  ];
  for (const add of families) add(corpus);
}
