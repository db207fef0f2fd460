// Valid tokens, of all algorithms and in all spellings that JSON allows.

import { claims, header, object, quoted, signTexts } from './corpus.mjs';
import { AUDIENCE, ML_DSA, NOW, SECOND_AUDIENCE } from './keys.mjs';

const WORDS = [
  '', 'alice', 'a b', 'Zoë', '日本', '😀', '"', '\\', '/', '\u0000', '\u007f', '\u2028', 'constructor', '__proto__',
];

const AUDIENCES = [
  AUDIENCE, SECOND_AUDIENCE, [AUDIENCE], [SECOND_AUDIENCE, AUDIENCE], ['x', AUDIENCE, 'y'], [AUDIENCE, AUDIENCE],
];
const TYPES = ['"JWT"', '"jwt"', '"application/jwt"', '"at+jwt"', '"AT+JWT"', '"application/at+jwt"', undefined];
const EXTRA_PARAMETERS = {
  cty: '"JWT"', jku: '"https://attacker.example/jwks"', x5u: '"https://attacker.example/cert"', x5c: '["AAAA"]',
  x5t: '"AAAA"', jwk: '{"kty":"oct","k":"AAAA"}', epk: 'null', iv: '1', x: '{"alg":"none","kid":"HS256"}',
};

/** Returns a JSON value that all parsers read alike. */
function value(random, depth = 0) {
  const number = () => random.pick([0, -1, 1, 0.5, 1e3, 123456789, -273.15, 9007199254740991, 1e-7]);
  const leaf = [null, true, false, number(), random.pick(WORDS)];
  if (depth > 3 || random.chance(0.6)) return random.pick(leaf);
  const items = Array.from({ length: random.below(4) }, () => value(random, depth + 1));
  if (random.chance(0.5)) return items;
  return Object.fromEntries(items.map((item, place) => [`${random.pick(WORDS)}${place}`, item]));
}

/** Returns the string as JSON, with some of its characters as escapes. */
function escaped(random, text) {
  const unit = (at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
  const written = (at) => (random.chance(0.2) ? unit(at) : quoted(text[at]).slice(1, -1));
  return `"${Array.from({ length: text.length }, (_, at) => written(at)).join('')}"`;
}

/** The object with its members in any order, and with white space where it may stand. */
function spelled(random, members) {
  const space = () => (random.chance(0.2) ? random.text(' \t\n\r', random.between(1, 3)) : '');
  const text = (name) => (random.chance(0.1) && !/[\ud800-\udfff]/.test(name) ? escaped(random, name) : quoted(name));
  const member = ([name, json]) => `${space()}${text(name)}${space()}:${space()}${json}${space()}`;
  return `${space()}{${random.shuffled(members).map(member).join(',')}}${space()}`;
}

function date(random, latest) {
  const seconds = latest - random.below(1000);
  return random.pick([`${seconds}`, `${seconds}.5`, `${seconds}.0`, `${seconds}e0`, `${seconds / 1000}e3`]);
}

function validClaims(random) {
  const optional = (json) => (random.chance(0.5) ? json : undefined);
  const changes = {
    aud: quoted(random.pick(AUDIENCES)),
    exp: date(random, NOW + 2000),
    iat: optional(date(random, NOW)),
    nbf: optional(date(random, NOW)),
    sub: optional(escaped(random, random.pick(['alice', 'bob|7', 'Zoe']))),
    jti: optional(quoted(random.pick(WORDS))),
    scope: optional(quoted(random.pick(['read', 'read write', ' read ', ['read'], 7]))),
    tenant: optional(quoted(value(random))),
    roles: optional(quoted(value(random))),
  };
  return claims(changes);
}

function validHeader(random, key) {
  const extra = Object.entries(EXTRA_PARAMETERS).filter(() => random.chance(0.1));
  const kid = key.kid !== undefined && random.chance(0.1) ? { kid: escaped(random, key.kid) } : {};
  return header(key, { typ: random.pick(TYPES), ...kid, ...Object.fromEntries(extra) });
}

/** Returns a token with the claims that RFC 9068 requires. */
function accessToken(random, key) {
  const names = { typ: random.pick(['"at+jwt"', '"application/at+jwt"', '"Application/AT+JWT"']) };
  const changes = { sub: '"alice"', client_id: '"app"', jti: '"id"', iat: `${NOW - 5}`, exp: date(random, NOW + 2000) };
  const body = spelled(random, claims({ ...changes, aud: quoted(random.pick(AUDIENCES)) }));
  return signTexts(key, spelled(random, header(key, names)), body);
}

export function addValid(corpus) {
  const { keys, random } = corpus;
  const fresh = (key) => signTexts(key, spelled(random, validHeader(random, key)), spelled(random, validClaims(random)));
  for (const name of ['rs', 'ps', 'es', 'es384', 'es512', 'ed', 'twin', 'sibling', 'three', 'spelled', ...ML_DSA]) {
    for (let count = 0; count < 20; count += 1) corpus.add('valid', 'keys', fresh(keys[name]), 'accept');
  }
  for (let count = 0; count < 30; count += 1) {
    corpus.add('valid', 'secret', fresh(keys.hs), 'accept');
    const bare = { ...keys[random.pick(['rs', 'es', 'es384', 'ed'])], kid: undefined };
    corpus.add('valid', 'bare', fresh(bare), 'accept');
    corpus.add('valid', 'access', accessToken(random, keys[random.pick(['es', 'ed'])]), 'accept');
  }
  for (const alg of ['RS384', 'RS512', 'PS256', 'PS384', 'PS512']) {
    const key = { ...keys.rs, alg, kid: undefined };
    corpus.add('valid', 'bare', signTexts(key, object(header(key)), object(claims())), 'accept');
  }
}
