// Tokens in the making: members with their values as JSON text, so that what no serializer would write can be written.

import { AUDIENCE, encode, ISSUER, NOW, signature } from './keys.mjs';
import { Random } from './random.mjs';

export const quoted = (text) => JSON.stringify(text);

/** The members with some replaced or added; a change to `undefined` leaves one out. */
export function changed(members, changes) {
  const names = Object.keys(changes);
  const kept = members.map(([name, value]) => [name, names.includes(name) ? changes[name] : value]);
  const added = names.filter((name) => members.every(([other]) => other !== name)).map((name) => [name, changes[name]]);
  return [...kept, ...added].filter(([, value]) => value !== undefined);
}

export function object(members) {
  return `{${members.map(([name, value]) => `${quoted(name)}:${value}`).join(',')}}`;
}

/** The members of a header of that key. */
export function header(key, changes = {}) {
  const kid = key.kid === undefined ? [] : [['kid', quoted(key.kid)]];
  return changed([['alg', quoted(key.alg)], ...kid, ['typ', '"JWT"']], changes);
}

/** The members of a payload that every rule but `access` is content with. */
export function claims(changes = {}) {
  const members = [
    ['iss', quoted(ISSUER)], ['sub', '"alice"'], ['aud', quoted(AUDIENCE)], ['iat', `${NOW - 10}`],
    ['exp', `${NOW + 300}`], ['jti', '"id-1"'],
  ];
  return changed(members, changes);
}

/** Signs the two parts as they are. */
export function signParts(key, first, second, { alg = key.alg, salt } = {}) {
  const input = `${first}.${second}`;
  return `${input}.${encode(signature(alg, key.secret, input, salt))}`;
}

/** Signs a header and a payload, texts or bytes. */
export function signTexts(key, first, second, options) {
  return signParts(key, encode(first), encode(second), options);
}

export function signMembers(key, first, second, options) {
  return signTexts(key, object(first), object(second), options);
}

/** A token that is good but for the changes. */
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

  /** Adds a token, once. `expected` is `accept` or `refuse` where there is no doubt. */
  add(family, rules, text, expected) {
    const id = `${rules} ${text}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.tokens.push({ family, rules, token: text, expected });
  }

  /** What most families sign with: cheap keys, several algorithms. */
  anyKey() {
    return this.keys[this.random.pick(['es', 'ed', 'ed', 'es384'])];
  }
}
