// Values of the token's `cnf`, and of the claims of the proof that bind it: `ath`, `htm`, `htu`.

import { createHash } from 'node:crypto';

import { hashOf } from '../proofs.mjs';
import { ORIGIN } from './corpus.mjs';
import { thumbprint } from './keys.mjs';
import { EQUAL, OTHER, REPAIRED, UNESCAPED } from './urls.mjs';

const shown = (text) => JSON.stringify(text);
const NOT_TEXTS = { absent: undefined, null: null, number: 7, true: true, array: ['x'], object: { x: 1 }, empty: '' };

function addConfirmations(corpus) {
  const jkt = thumbprint(corpus.keys.es.jwk);
  const bytes = Buffer.from(jkt, 'base64url');
  const values = {
    absent: undefined, null: null, array: [], text: 'x', number: 1, 'empty object': {},
    'array with the object': [{ jkt }], 'jkt null': { jkt: null }, 'jkt empty': { jkt: '' },
    'jkt array': { jkt: [jkt] }, 'jkt number': { jkt: 1 },
    'jkt padded': { jkt: `${jkt}=` }, 'jkt cut off': { jkt: jkt.slice(0, -1) }, 'jkt too long': { jkt: `${jkt}A` },
    'jkt in hex': { jkt: bytes.toString('hex') }, 'jkt with a space': { jkt: ` ${jkt}` },
    'jkt of another key': { jkt: thumbprint(corpus.keys.other.jwk) }, 'jkt in upper case': { JKT: jkt },
    'jkt swapped in case': { jkt: swapCase(jkt) }, 'another method': { kid: 'k' },
    'x5t#S256 alone': { 'x5t#S256': jkt }, 'the key itself': { jwk: corpus.keys.es.jwk },
  };
  for (const [name, cnf] of Object.entries(values)) corpus.reject('cnf', name, { cnf });
  corpus.reject('cnf', 'jkt and x5t#S256', { cnf: { jkt, 'x5t#S256': jkt } });
  corpus.reject('cnf', 'jkt and an unknown method', { cnf: { jkt, other: 'x' } });
}

function swapCase(text) {
  const swap = (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase());
  return text.replaceAll(/[a-z]/gi, swap);
}

function addHashes(corpus) {
  const reject = (name, ath) => corpus.reject('ath', name, {
    claims: ({ token }) => ({ ath: typeof ath === 'function' ? ath(token) : ath }),
  });
  for (const [name, value] of Object.entries(NOT_TEXTS)) reject(name, value);
  const sha256 = (text, encoding) => createHash('sha256').update(text).digest(encoding);
  reject('padded', (token) => `${hashOf(token)}=`);
  reject('hex', (token) => sha256(token, 'hex'));
  reject('cut off', (token) => hashOf(token).slice(0, -1));
  reject('of the scheme and the token', (token) => hashOf(`DPoP ${token}`));
  reject('of another token', (token) => hashOf(`${token}x`));
  reject('of the signed part', (token) => hashOf(token.slice(0, token.lastIndexOf('.'))));
  reject('SHA-512', (token) => createHash('sha512').update(token).digest('base64url'));
  reject('the token itself', (token) => token);
}

function addMethods(corpus) {
  const reject = (name, htm) => corpus.reject('htm', name, { claims: { htm } });
  for (const [name, value] of Object.entries(NOT_TEXTS)) reject(name, value);
  const methods = ['get', 'Get', 'POST', 'HEAD', 'GET ', ' GET', 'GET,POST', 'GET\u0000', '*', '\uff27\uff25\uff34'];
  for (const method of methods) reject(shown(method), method);
  reject('array with the method', ['GET']);
  corpus.reject('htm', 'GET for HEAD', { method: 'HEAD', claims: { htm: 'GET' } });
}

function addUrls(corpus) {
  for (const htu of EQUAL) corpus.accept('htu', shown(htu), { claims: { htu } });
  for (const htu of OTHER) corpus.reject('htu', shown(htu), { claims: { htu } });
  for (const htu of REPAIRED) corpus.oracle('htu', shown(htu), { claims: { htu } });
  for (const htu of UNESCAPED) corpus.ours('htu', shown(htu), { claims: { htu } });
  for (const [name, htu] of Object.entries(NOT_TEXTS)) corpus.reject('htu', name, { claims: { htu } });
  corpus.reject('htu', 'array with the URL', { claims: { htu: [`${ORIGIN}/whoami`] } });
  corpus.oracle('htu', '10,000 bytes', { claims: { htu: `${ORIGIN}/whoami?${'x'.repeat(10_000)}` } });
  corpus.accept('htu', '4,000 bytes', { claims: { htu: `${ORIGIN}/whoami?${'x'.repeat(4_000)}` } });
  const proofFor = (url, htu, decision) => {
    corpus[decision]('URL of the request', `${url}, and a proof for ${htu}`, { url, claims: { htu } });
  };
  proofFor(`${ORIGIN}/whoami?a=b`, `${ORIGIN}/whoami?c=d`, 'accept');
  proofFor(`${ORIGIN}/whoami?`, `${ORIGIN}/whoami`, 'accept');
  proofFor(`${ORIGIN}/whoami?/../public`, `${ORIGIN}/public`, 'reject');
}

export function addBinding(corpus) {
  for (const add of [addConfirmations, addHashes, addMethods, addUrls]) add(corpus);
}
