// Building tokens from members whose values are JSON text, so that a token can also contain what no
// serializer writes.

import { AUDIENCE, encode, ISSUER, NOW, signature } from './keys.mjs';
import { Random } from './random.mjs';

export const quoted = (text) => JSON.stringify(text);

/** Returns the members with some replaced, added, or, by the value `undefined`, removed. */
export function changed(members, changes) {
  const names = Object.keys(changes);
  const kept = members.map(([name, value]) => [name, names.includes(name) ? changes[name] : value]);
  const added = names.filter((name) => members.every(([other]) => other !== name)).map((name) => [name, changes[name]]);
  return [...kept, ...added].filter(([, value]) => value !== undefined);
}

export function object(members) {
  return `{${members.map(([name, value]) => `${quoted(name)}:${value}`).join(',')}}`;
}

/** Returns the members of a header for that key. */
export function header(key, changes = {}) {
  const kid = key.kid === undefined ? [] : [['kid', quoted(key.kid)]];
  return changed([['alg', quoted(key.alg)], ...kid, ['typ', '"JWT"']], changes);
}

/** Returns the members of a payload that is valid by all rules but `access`. */
export function claims(changes = {}) {
  const members = [
    ['iss', quoted(ISSUER)], ['sub', '"alice"'], ['aud', quoted(AUDIENCE)], ['iat', `${NOW - 10}`],
    ['exp', `${NOW + 300}`], ['jti', '"id-1"'],
  ];
  return changed(members, changes);
}

/** Signs the two parts without encoding them. */
export function signParts(key, first, second, { alg = key.alg, salt } = {}) {
  const input = `${first}.${second}`;
  return `${input}.${encode(signature(alg, key.secret, input, salt))}`;
}

/** Encodes and signs a header and a payload, each text or bytes. */
export function signTexts(key, first, second, options) {
  return signParts(key, encode(first), encode(second), options);
}

export function signMembers(key, first, second, options) {
  return signTexts(key, object(first), object(second), options);
}

/** Returns a token that is valid except for the changes. */
export function token(key, { head = {}, body = {} } = {}) {
  return signMembers(key, header(key, head), claims(body));
}

export class Corpus {
  tokens = [];
  #seen = new Set();

  constructor(keys, seed) {
    this.keys = keys;
    this.random = new Random(seed);
  }

  /**
   * Adds a token, unless it was added before. `expected`, if it is clear, is `accept` or `reject`.
   */
  add(family, rules, text, expected) {
    const id = `${rules} ${text}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.tokens.push({ family, rules, token: text, expected });
  }

  /** Returns a key of one of several fast algorithms, as most families use. */
  anyKey() {
    return this.keys[this.random.pick(['es', 'ed', 'ed', 'es384'])];
  }
}
