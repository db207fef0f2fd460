// Damaged and generated tokens: characters, bits and signatures changed after signing, texts
// changed before it, and structured garbage.

import { claims, header, object, quoted, signParts, signTexts, token } from './corpus.mjs';
import { AUDIENCE, encode, ISSUER, NOW, signature } from './keys.mjs';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Replaces each character of some tokens, and sometimes inserts or removes one. */
function addCharacters(corpus) {
  const { keys, random } = corpus;
  for (const [name, rules] of [['ed', 'keys'], ['es', 'keys'], ['hs', 'secret']]) {
    const valid = token(keys[name]);
    const sometimes = (probability, text) => random.chance(probability) && corpus.add('characters', rules, text);
    for (let at = 0; at < valid.length; at += 1) {
      const [before, after] = [valid.slice(0, at), valid.slice(at)];
      const other = random.pick([...BASE64URL].filter((character) => character !== valid[at]));
      sometimes(1, before + other + after.slice(1));
      sometimes(0.2, before + after.slice(1));
      sometimes(0.2, before + random.pick(BASE64URL) + after);
      sometimes(0.1, before);
      sometimes(0.1, after);
    }
  }
}

/** Flips bits of each decoded part and encodes it again. */
function addBits(corpus) {
  const { keys, random } = corpus;
  for (const name of ['rs', 'ps', 'es', 'es384', 'es512', 'ed', 'hs']) {
    const parts = token(keys[name]).split('.').map((part) => Buffer.from(part, 'base64url'));
    for (let count = 0; count < 45; count += 1) {
      const place = count % 3;
      const bytes = Buffer.from(parts[place]);
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      const text = parts.map((part, at) => encode(at === place ? bytes : part)).join('.');
      corpus.add('bits', name === 'hs' ? 'secret' : 'keys', text, 'reject');
    }
  }
}

/** Encodes an ECDSA signature in DER (RFC 3279 §2.2.3), which JOSE does not use. */
function der(bytes) {
  const integer = (half) => {
    const digits = half.subarray(half.findIndex((byte) => byte !== 0));
    const padded = digits[0] >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
    return Buffer.concat([Buffer.of(2, padded.length), padded]);
  };
  const half = bytes.length / 2;
  const body = Buffer.concat([integer(bytes.subarray(0, half)), integer(bytes.subarray(half))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const bigEndian = (number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);

function addSignatures(corpus) {
  const { keys } = corpus;
  const resigned = (key, change, expected) => {
    const input = token(key).split('.').slice(0, 2).join('.');
    const bytes = change(signature(key.alg, key.secret, input), input);
    corpus.add('signatures', key.name === 'hs' ? 'secret' : 'keys', `${input}.${encode(bytes)}`, expected);
  };
  for (const name of ['rs', 'ps', 'es', 'es384', 'es512', 'ed', 'hs']) {
    const changes = [
      (s) => Buffer.alloc(s.length), (s) => Buffer.alloc(s.length, 255), (s) => Buffer.alloc(s.length, 1),
      (s) => s.subarray(1), (s) => s.subarray(0, -1), (s) => Buffer.concat([s, Buffer.of(0)]),
      (s) => Buffer.concat([Buffer.of(0), s]), (s) => Buffer.concat([s, s]), (s) => Buffer.from(s).reverse(),
      (s) => s.subarray(0, s.length / 2), () => Buffer.alloc(0), (s) => Buffer.alloc(1000),
      (s) => Buffer.concat([s.subarray(s.length / 2), s.subarray(0, s.length / 2)]), () => Buffer.alloc(1),
    ];
    for (const change of changes) resigned(keys[name], change, 'reject');
  }
  for (const name of ['es', 'es384', 'es512']) resigned(keys[name], der, 'reject');
  // r and n - s are a valid signature, too: RFC 7518 §3.4 does not forbid it.
  const halves = (s, change) => Buffer.concat([s.subarray(0, 32), bigEndian(change(number(s.subarray(32))))]);
  resigned(keys.es, (s) => halves(s, (value) => P256_ORDER - value), 'accept');
  resigned(keys.es, (s) => halves(s, () => P256_ORDER), 'reject');
  resigned(keys.es, (s) => halves(s, () => 0n), 'reject');
  // S + L is not a valid signature (RFC 8032 §5.1.7).
  const raised = (s) => bigEndian(number(Buffer.from(s.subarray(32)).reverse()) + ED25519_ORDER).reverse();
  resigned(keys.ed, (s) => Buffer.concat([s.subarray(0, 32), raised(s)]), 'reject');
  for (const salt of [0, 20, 31, 33, 48, 64]) {
    const input = token(keys.ps).split('.').slice(0, 2).join('.');
    corpus.add('signatures', 'keys', `${input}.${encode(signature('PS256', keys.ps.secret, input, salt))}`, 'reject');
  }
  // Signatures with the hash or the padding of another algorithm.
  const others = { es: 'ES384', es384: 'ES256', rs: 'RS512', three: 'PS256', ps: 'RS256', hs: 'HS512' };
  for (const [name, alg] of Object.entries(others)) {
    resigned(keys[name], (_, input) => signature(alg, keys[name].secret, input), 'reject');
  }
}

const PIECES = [
  '"', '\\', '{', '}', '[', ']', ':', ',', ' ', '\n', '0', '1', '-', '.', 'e', 'E9', 'null', 'true', 'x', '\\u0061',
  '\\ud800', '\u0000', '\ufeff', '"exp":1800000300', '"iss":"x"', '"aud":[]', '"alg":"none"', '"crit":[]', ',"x":1',
  ',"sub":1', '1e400', '00', '[[', '{"a":', 'é',
];

/** Inserts, removes or replaces some characters or pieces of the text. */
function worn(random, text) {
  let worn = text;
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    const at = random.below(worn.length + 1);
    const piece = random.chance(0.7) ? random.pick(PIECES) : '';
    worn = worn.slice(0, at) + piece + worn.slice(at + random.pick([0, 0, 1, 1, 2, 5]));
  }
  return worn;
}

function addWorn(corpus) {
  const { keys, random } = corpus;
  for (let count = 0; count < 900; count += 1) {
    const key = keys[random.pick(['ed', 'ed', 'hs'])];
    const [head, body] = [object(header(key)), object(claims({ nbf: `${NOW - 5}`, x: '{"a":[1,"b"]}' }))];
    const wearsHead = random.chance(0.3);
    const text = signTexts(key, wearsHead ? worn(random, head) : head, wearsHead ? body : worn(random, body));
    corpus.add('worn texts', key.name === 'hs' ? 'secret' : 'keys', text);
  }
}

const VALUES = [
  'null', 'true', '""', '"x"', '0', '-1', '1.5', '[]', '{}', '["x"]', quoted(ISSUER), quoted(AUDIENCE),
  quoted([AUDIENCE]), quoted([AUDIENCE, 1]), `${NOW}`, `${NOW + 300}`, `${NOW - 300}`, `${NOW + 59.5}`, `${NOW * 1000}`,
  '1e400', '"JWT"', '"at+jwt"', '"ES256"', '"EdDSA"', '"Ed25519"', '"es"', '"ed"',
];

const PARAMETERS = ['alg', 'kid', 'typ', 'crit', 'b64', 'x'];
const CLAIMS = ['iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', 'client_id', 'scope', 'x'];

/** Changes several members of header and payload at once. */
function addCombined(corpus) {
  const { keys, random } = corpus;
  const some = (names) => {
    const chosen = names.filter(() => random.chance(0.15));
    return Object.fromEntries(chosen.map((name) => [name, random.chance(0.1) ? undefined : random.pick(VALUES)]));
  };
  for (let count = 0; count < 500; count += 1) {
    const rules = random.pick(['keys', 'keys', 'bare', 'access']);
    const typ = rules === 'access' ? { typ: '"at+jwt"' } : {};
    const head = { ...typ, ...some(PARAMETERS) };
    const body = { client_id: '"app"', ...some(CLAIMS) };
    corpus.add('several changes', rules, token(keys[random.pick(['es', 'ed'])], { head, body }));
  }
}

/** Adds unsigned tokens, of well-formed and malformed parts. */
function addGarbage(corpus) {
  const { keys, random } = corpus;
  const part = () => random.pick([
    () => '', () => random.text(BASE64URL, random.between(1, 80)), () => encode(object(header(keys.es))),
    () => encode(object(claims())), () => encode(random.text(PIECES, random.between(1, 20))),
    () => random.text(PIECES, random.between(1, 5)),
    () => encode(Buffer.from(Array.from({ length: 64 }, () => random.below(256)))), () => 'e30', () => 'bnVsbA',
    () => '====', () => 'W10',
    () => encode(object(header(keys.es, { alg: quoted(random.pick(['none', 'HS256', 'ES256', 'dir'])) }))),
  ])();
  for (let count = 0; count < 400; count += 1) {
    const parts = Array.from({ length: random.pick([1, 2, 3, 3, 3, 3, 4, 5]) }, part);
    corpus.add('garbage', random.pick(['keys', 'bare', 'access', 'secret']), parts.join('.'), 'reject');
  }
  // Garbage with a valid signature.
  for (let count = 0; count < 150; count += 1) {
    corpus.add('signed garbage', 'keys', signParts(keys.ed, encode(object(header(keys.ed))), part()));
  }
}

export function addDamage(corpus) {
  addCharacters(corpus);
  addBits(corpus);
  addSignatures(corpus);
  addWorn(corpus);
  addCombined(corpus);
  addGarbage(corpus);
}
