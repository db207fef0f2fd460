// Valid requests, and those whose token or scheme is at fault.

import { authorization, proofField } from '../proofs.mjs';
import { ORIGIN } from './corpus.mjs';
import { thumbprint } from './keys.mjs';

const ALGORITHMS = {
  es: ['ES256'], es384: ['ES384'], es512: ['ES512'], ed: ['EdDSA', 'Ed25519'],
  rs: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
};

function addAlgorithms(corpus) {
  for (const [key, names] of Object.entries(ALGORITHMS)) {
    for (const alg of names) corpus.accept('valid', alg, { key, alg, header: { alg } });
  }
}

function addExtras(corpus) {
  const { es } = corpus.keys;
  const accept = (name, draft) => corpus.accept('valid', name, draft);
  accept('method HEAD', { method: 'HEAD' });
  accept('a query in the request', { url: `${ORIGIN}/whoami?a=b&c=%2f` });
  const other = { kid: 'k', jku: 'https://x.example', x5u: 'https://x.example', x5c: ['AAAA'], x: { y: 1 } };
  accept('other header parameters', { header: other });
  accept('unknown claims', { claims: { sub: 'x', aud: ['y'], x: { htm: 'POST' } } });
  accept('other members of the JWK', { jwk: { ...es.jwk, kid: 'k', use: 'sig', alg: 'ES256', key_ops: ['verify'] } });
  accept('members of the JWK in another order', { jwk: Object.fromEntries(Object.entries(es.jwk).reverse()) });
  accept('a nonce that nobody asked for', { claims: { nonce: 'of-the-provider' } });
  accept('exp in the future', { claims: { exp: Math.floor(Date.now() / 1000) + 60 } });
  accept('jti of one byte', { claims: { jti: 'x' } });
  accept('jti of 256 bytes', { claims: { jti: 'x'.repeat(256) } });
  accept('RSA with exponent 3', { key: 'three' });
  accept('white space in the JSON', { spellHeader: (text) => ` ${text}\n`, spellClaims: (text) => `\t${text} ` });
  corpus.accept('jti', 'of punctuation, NUL and emoji', { claims: { jti: '{*}:\n\u0000\u{1f511}' } });
}

function addSchemes(corpus) {
  const scheme = (name, make, decision) => corpus[decision]('scheme', name, { fields: ({ token, proof }) => (
    [['Authorization', make(token)], proofField(proof)]
  ) });
  scheme('dpop', (token) => `dpop ${token}`, 'accept');
  scheme('DPOP', (token) => `DPOP ${token}`, 'accept');
  scheme('two spaces', (token) => `DPoP  ${token}`, 'accept');
  scheme('Bearer', (token) => `Bearer ${token}`, 'reject');
  scheme('Basic', (token) => `Basic ${token}`, 'reject');
  scheme('none', (token) => token, 'reject');
  scheme('DPoP alone', () => 'DPoP', 'reject');
  scheme('tab', (token) => `DPoP\t${token}`, 'reject');
  scheme('comma', (token) => `DPoP, ${token}`, 'reject');
  scheme('quotes', (token) => `DPoP "${token}"`, 'reject');
  scheme('two tokens', (token) => `DPoP ${token} ${token}`, 'reject');
  scheme('both in one field', (token) => `Bearer ${token}, DPoP ${token}`, 'reject');
}

function addFields(corpus) {
  const fields = (name, make, decision = 'reject') => corpus[decision]('header lines', name, { fields: make });
  fields('no token', ({ proof }) => [proofField(proof)]);
  fields('no proof', ({ token }) => [authorization('DPoP', token)]);
  fields('nothing', () => []);
  fields('two proofs', ({ token, proof }) => [authorization('DPoP', token), proofField(proof), proofField(proof)]);
  fields('two proofs in one line', ({ token, proof }) => (
    [authorization('DPoP', token), proofField(`${proof},${proof}`)]
  ));
  fields('an empty proof', ({ token }) => [authorization('DPoP', token), proofField('')]);
  fields('an empty proof and a valid one', ({ token, proof }) => (
    [authorization('DPoP', token), proofField(''), proofField(proof)]
  ));
  fields('both schemes', ({ token, proof }) => (
    [authorization('DPoP', token), authorization('Bearer', token), proofField(proof)]
  ));
  fields('the same scheme twice', ({ token, proof }) => (
    [authorization('DPoP', token), authorization('DPoP', token), proofField(proof)]
  ));
  fields('white space around the proof', ({ token, proof }) => (
    [authorization('DPoP', token), proofField(`  ${proof}\t`)]
  ), 'accept');
  fields('the token as proof', ({ token }) => [authorization('DPoP', token), proofField(token)]);
  fields('the proof as token', ({ proof }) => [authorization('DPoP', proof), proofField(proof)]);
  fields('a proof with bytes beyond ASCII', ({ token, proof }) => (
    [authorization('DPoP', token), proofField(`${proof}\u00e9`)]
  ));
  const cnf = { jkt: thumbprint(corpus.keys.es.jwk) };
  corpus.reject('header lines', 'a proof of another key', { key: 'other', cnf });
}

function addTokens(corpus) {
  const now = Math.floor(Date.now() / 1000);
  const reject = (name, draft) => corpus.reject('token', name, draft);
  reject('expired', { token: { exp: now - 3600 } });
  reject('another audience', { token: { aud: 'https://other.example' } });
  reject('another issuer', { token: { iss: 'https://other.example' } });
  reject('another type', { tokenHeader: { typ: 'JWT' } });
  reject('without sub', { token: { sub: undefined } });
  reject('a damaged signature', { spellToken: (text) => `${text.slice(0, -8)}AAAAAAAA` });
  reject('cut off', { spellToken: (text) => text.slice(0, -1) });
  reject('without a signature', { spellToken: (text) => text.slice(0, text.lastIndexOf('.') + 1) });
}

export function addValid(corpus) {
  for (const add of [addAlgorithms, addExtras, addSchemes, addFields, addTokens]) add(corpus);
}
