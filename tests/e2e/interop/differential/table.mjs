// The disagreements with jose, and why each is intended. A disagreement that no row explains fails
// the run, and so does a row that explains none. A row applies by the content of the token, and by
// the reason that this crate gives.

const WHITE_SPACE = /[\t\n\f\r ]/;
const LAST_DATE = 253_402_300_799;
const DATES = ['exp', 'nbf', 'iat'];

/** Returns whether an object, at any depth, has two members of the same name. */
export function hasTwins(json) {
  const open = [];
  for (const [piece, string, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/gs)) {
    if (piece === '{' || piece === '[') open.push(new Set());
    else if (string === undefined) open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(string);
      if (open.at(-1).has(name)) return true;
      open.at(-1).add(name);
    }
  }
  return false;
}

/** Returns how deeply arrays and objects are nested. */
export function depth(value) {
  const inner = typeof value === 'object' && value !== null ? Object.values(value) : undefined;
  return inner === undefined ? 0 : 1 + Math.max(0, ...inner.map(depth));
}

/** Returns how many members all objects of a value have together. */
function members(value) {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum, inner) => sum + members(inner), own);
}

/** Returns whether `test` is true for the value or one within. */
function some(value, test) {
  const inner = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return test(value) || inner.some((one) => some(one, test));
}

const isText = (value) => value === undefined || typeof value === 'string';
const decoded = (part) => Buffer.from(part, 'base64url').toString('base64url');
const headerOf = (parts) => JSON.parse(Buffer.from(parts[0], 'base64url').toString());
const holdsHalfAPair = (value) => /\\ud[89a-f]/.test(JSON.stringify(value));

/**
 * Each row has:
 * - rule: its subject;
 * - accepts: the side that accepts, `jose` or `ours` (this crate);
 * - ours: the error kinds that this crate may reject with;
 * - of: the claims that its error may name, any if absent;
 * - when: the condition, over { token, rules, parts, now } and, if jose accepts, { texts, header,
 *   claims } as jose has read them;
 * - why: the reason.
 */
export const TABLE = [
  {
    rule: 'white space in base64url',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ parts }) => parts.some((part) => WHITE_SPACE.test(part)),
    why: 'RFC 7515 §2: no line breaks, white space or other additional characters; jose decodes as browsers do',
  },
  {
    rule: 'padding in base64url',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ parts }) => parts.some((part) => part.includes('=')),
    why: 'RFC 7515 §2: with all trailing "=" characters omitted',
  },
  {
    rule: 'unused bits in base64url',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ parts }) => parts.some((part) => !WHITE_SPACE.test(part) && !part.includes('=') && decoded(part) !== part),
    why: 'RFC 4648 §3.5 allows rejecting them; otherwise one token has several texts, new to deny lists and caches',
  },
  {
    rule: 'a duplicate header parameter',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ texts }) => hasTwins(texts[0]),
    why: 'RFC 7515 §4: reject, or use the last one as jose does; parsers that use the first one differ',
  },
  {
    rule: 'a duplicate claim',
    accepts: 'jose',
    ours: ['MalformedToken', 'InvalidClaim'],
    when: ({ texts }) => hasTwins(texts[1]),
    why: 'RFC 7519 §4: reject, or use the last one as jose does',
  },
  {
    rule: 'a byte order mark',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ texts }) => texts.some((text) => text.startsWith('\ufeff')),
    why: 'RFC 8259 §8.1: must not be added; a parser may ignore it or treat it as an error',
  },
  {
    rule: 'half a surrogate pair',
    accepts: 'jose',
    ours: ['MalformedToken', 'InvalidClaim'],
    when: ({ header, claims }) => [header, claims].some(holdsHalfAPair),
    why: 'RFC 8259 §8.2: unpredictable; not valid Unicode, so no Rust string can contain it',
  },
  {
    rule: 'a number beyond a double',
    accepts: 'jose',
    ours: ['MalformedToken', 'InvalidClaim'],
    when: ({ header, claims }) => [header, claims].some((json) => some(json, (value) => Math.abs(value) === Infinity)),
    why: 'RFC 8259 §6: a parser may limit the range; jose reads 1e400 as infinity, so `exp` never comes',
  },
  {
    rule: 'more than 127 levels',
    accepts: 'jose',
    ours: ['MalformedToken', 'InvalidClaim'],
    when: ({ header, claims }) => [header, claims].some((json) => depth(json) > 127),
    why: 'RFC 8259 §9: a parser may limit the depth',
  },
  {
    rule: 'more than 16 KiB',
    accepts: 'jose',
    ours: ['TokenTooLarge'],
    when: ({ token }) => token.length > 16 * 1024,
    why: 'bounds the work for unsigned input; JwtAuthBuilder::max_token_len sets it',
  },
  {
    rule: 'more than 512 members',
    accepts: 'jose',
    ours: ['TokenTooLarge'],
    when: ({ header, claims }) => [header, claims].some((json) => members(json) > 512),
    why: 'bounds the work for each token; JwtAuthBuilder::max_members sets it',
  },
  {
    rule: '`b64` or `zip`',
    accepts: 'jose',
    ours: ['UnsupportedHeader'],
    when: ({ header }) => Object.hasOwn(header, 'zip') || Object.hasOwn(header, 'b64'),
    why: 'RFC 7797 §6, §7: `b64` needs `crit`, and JWTs don\'t use it; RFC 7516 §4.1.3: `zip` is for encryption',
  },
  {
    rule: 'a token of another type',
    accepts: 'jose',
    ours: ['WrongTokenType'],
    when: ({ header }) => typeof header.typ === 'string',
    why: 'RFC 8725 §3.11, §3.12: one kind of token is not another; jose checks `typ` only on request',
  },
  {
    rule: '`typ` or `kid` that is not a string',
    accepts: 'jose',
    ours: ['MalformedToken'],
    when: ({ header }) => !isText(header.typ) || !isText(header.kid),
    why: 'RFC 7515 §4.1.4, §4.1.9: strings; jose ignores parameters that it does not need',
  },
  {
    rule: 'issued in the future',
    accepts: 'jose',
    ours: ['NotYetValid'],
    of: ['iat'],
    when: ({ claims, now }) => claims.iat > now + 60,
    why: 'stricter than RFC 7519 §4.1.6, which requires no check: a clock or the token is wrong',
  },
  {
    rule: 'a date before 1970',
    accepts: 'jose',
    ours: ['InvalidClaim'],
    of: ['nbf', 'iat'],
    when: ({ claims }) => claims.nbf < 0 || claims.iat < 0,
    why: 'RFC 7519 §2: seconds since 1970; a negative number is a mistake',
  },
  {
    rule: 'a date after the year 9999',
    accepts: 'jose',
    ours: ['InvalidClaim'],
    of: DATES,
    when: ({ claims }) => DATES.some((name) => claims[name] > LAST_DATE && claims[name] < Infinity),
    why: 'RFC 7519 §2: seconds; these are milliseconds by mistake, and the token would never expire',
  },
  {
    rule: '`sub` or `jti` that is not a string',
    accepts: 'jose',
    ours: ['InvalidClaim'],
    of: ['sub', 'jti'],
    when: ({ claims }) => !isText(claims.sub) || !isText(claims.jti),
    why: 'RFC 7519 §4.1.2, §4.1.7: strings; jose checks `sub` only on request',
  },
  {
    rule: '`null` for a registered claim',
    accepts: 'jose',
    ours: ['InvalidClaim'],
    of: ['client_id', 'scope', 'scp'],
    when: ({ claims }) => [claims.client_id, claims.scope, claims.scp].includes(null),
    why: 'a claim that is present has a value; `null` must not count as absent where a rule depends on it',
  },
  {
    rule: '`client_id` that is not a string',
    accepts: 'jose',
    ours: ['MissingClaim'],
    of: ['client_id'],
    when: ({ claims, rules }) => rules === 'access' && !isText(claims.client_id),
    why: 'RFC 9068 §2.2, RFC 8693 §4.3: a string; jose only checks that it is present',
  },
  {
    rule: 'an audience, and a value that is not a string',
    accepts: 'jose',
    ours: ['InvalidClaim'],
    of: ['aud'],
    when: ({ claims }) => Array.isArray(claims.aud) && !claims.aud.every(isText),
    why: 'RFC 7519 §4.1.3: an array of strings',
  },
  {
    rule: '`EdDSA` and `Ed25519`',
    accepts: 'ours',
    when: ({ parts }) => ['EdDSA', 'Ed25519'].includes(headerOf(parts).alg),
    why: 'RFC 9864 §2.2: one algorithm for such a key; jose requires the name in the JWK or the list',
  },
  {
    rule: 'a key id, and a key without one',
    accepts: 'ours',
    when: ({ parts, rules }) => rules === 'bare' && typeof headerOf(parts).kid === 'string',
    why: 'RFC 7517 §4.5: the id of a key is optional; see Key::with_key_id',
  },
];

/**
 * Returns whether two claims differ only in numbers, and these at most in the last place of a
 * double.
 */
function nearly(ours, theirs) {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    return Math.abs(ours - theirs) <= Math.max(Number.MIN_VALUE, Math.abs(theirs) * Number.EPSILON);
  }
  const composed = [ours, theirs].every((value) => typeof value === 'object' && value !== null);
  if (!composed) return ours === theirs;
  return Object.keys(ours).length === Object.keys(theirs).length
    && Object.keys(theirs).every((name) => Object.hasOwn(ours, name) && nearly(ours[name], theirs[name]));
}

/** Claims that may be read differently from a token that both accept. */
export const READINGS = [
  {
    rule: 'the last place of a number',
    when: nearly,
    why: 'RFC 8259 §6: precision may be limited; serde_json is exact with its feature float_roundtrip',
  },
];

/** Returns the row that explains the disagreement, if there is one. */
export function explain(facts, ours) {
  const accepts = ours.accepted ? 'ours' : 'jose';
  const reason = ({ ours: kinds, of = [ours.claim] }) => kinds.includes(ours.kind) && of.includes(ours.claim);
  return TABLE.find((line) => line.accepts === accepts && (ours.accepted || reason(line)) && line.when(facts));
}
