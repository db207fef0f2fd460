// The disagreements with oauth4webapi's check, and why each is intended. A disagreement that no row
// explains fails the run, and so does a row that explains none.
//
// Each row has:
// - rule: its subject;
// - accepts: the side that accepts, `oracle` or `ours` (this crate);
// - error: the error of the challenge, if this crate rejects;
// - when: the condition, over the request: { family, name, header, claims, cnf, token, proof, now,
//   repeated };
// - why: the reason.

import { depth, hasTwins } from '../../differential/table.mjs';

const PROOF = 'invalid_dpop_proof';

// A URI with an authority, as RFC 3986 §3 has it, but for characters of its query and fragment.
const AUTHORITY = /[\w.~!$&'()*+,;=:@%[\]-]+/.source;
const SEGMENT = /(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})*/.source;
const REST = /(?:[?#][^\s"<>\u0080-\uffff]*)?/.source;
const URI = new RegExp(`^https?://${AUTHORITY}(?:/${SEGMENT})*${REST}$`, 'i');
const authority = (htu) => /^https?:\/\/([^/?#]*)/i.exec(htu)?.[1] ?? '';

/** Returns whether the text is base64url without padding, and needs all of its bytes. */
function isCanonical(text, length) {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text && (length === undefined ? bytes[0] !== 0 : bytes.length === length);
}

/** Returns whether the members of a JWK that make up its thumbprint are spelled as RFC 7518 §6 requires. */
function isSpelledWell({ kty, x, y, n, e }) {
  return kty === 'RSA' ? isCanonical(n) && isCanonical(e) : isCanonical(x, 32) && isCanonical(y, 32);
}

const bytesOf = ({ proof }) => proof.split('.', 2).map((part) => Buffer.from(part, 'base64url'));
/** Returns whether the condition holds for the JSON of the header or of the claims. */
const inText = (condition) => (request) => bytesOf(request).some((bytes) => condition(bytes.toString(), bytes));

export const TABLE = [
  {
    rule: 'htu that is no URI',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { htu } }) => !URI.test(htu),
    why: 'RFC 9449 §4.2: a URI; the parser of WHATWG, which oauth4webapi has, repairs other texts',
  },
  {
    rule: 'htu with user information, even if it is empty',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { htu } }) => authority(htu).includes('@'),
    why: 'RFC 9110 §4.2.4: an error',
  },
  {
    rule: 'htu whose port has a zero in front',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { htu } }) => /:0\d+$/.test(authority(htu)),
    why: 'RFC 3986 §6.2.3 normalizes no digits of a port',
  },
  {
    rule: 'htu with escapes in the host',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { htu } }) => authority(htu).includes('%'),
    why: 'RFC 3986 §3.2.2: for names beyond ASCII, which are in Punycode in HTTP',
  },
  {
    rule: 'htu with escapes of letters in the path',
    accepts: 'ours',
    when: ({ claims: { htu } }) => new URL(htu).pathname.includes('%'),
    why: 'RFC 3986 §6.2.2.2: they are equal to the letters; RFC 9449 §4.3: such URIs should be normalized',
  },
  {
    rule: 'proofs of more than 8 KiB',
    accepts: 'oracle', error: PROOF,
    when: ({ proof }) => proof.length > 8192,
    why: 'the size is bounded before anything is decoded',
  },
  {
    rule: 'header parameters b64 and zip',
    accepts: 'oracle', error: PROOF,
    when: ({ header }) => 'b64' in header || 'zip' in header,
    why: 'RFC 7797 §6: b64 must be critical; zip is for encryption; both are rejected in tokens, too',
  },
  {
    rule: 'a JWK with private members',
    accepts: 'oracle', error: PROOF,
    when: ({ header: { jwk } }) => ['p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'].some((name) => name in jwk),
    why: 'RFC 9449 §4.3, 7: no private key, of whatever type; oauth4webapi looks at those of the type of the key',
  },
  {
    rule: 'a JWK with coordinates or numbers that are not canonical',
    accepts: 'oracle', error: PROOF,
    when: ({ header: { jwk } }) => !isSpelledWell(jwk),
    why: 'RFC 7518 §6.2.1.2, §6.3.1.1, RFC 7515 §2: one key has one spelling, and so one thumbprint',
  },
  {
    rule: 'a JWK that is for something else than signatures',
    accepts: 'oracle', error: PROOF,
    when: ({ header: { jwk } }) => 'use' in jwk && jwk.use !== 'sig',
    why: 'RFC 7517 §4.2',
  },
  {
    rule: 'a JWK whose operations lack `verify`',
    accepts: 'oracle', error: PROOF,
    when: ({ header: { jwk } }) => 'key_ops' in jwk && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')),
    why: 'RFC 7517 §4.3',
  },
  {
    rule: 'iat of more than two minutes ago, or more than one minute in the future',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { iat }, now }) => iat < now - 120 || iat > now + 59,
    why: 'RFC 9449 §11.1: a relatively brief period; oauth4webapi allows five minutes',
  },
  {
    rule: 'jti that is empty or longer than 256 bytes',
    accepts: 'oracle', error: PROOF,
    when: ({ claims: { jti } }) => jti === '' || Buffer.byteLength(jti) > 256,
    why: 'RFC 9449 §4.2: a unique identifier; §11.1: its size may be limited',
  },
  {
    rule: 'a used proof',
    accepts: 'oracle', error: PROOF,
    when: ({ repeated }) => repeated,
    why: 'RFC 9449 §11.1; oauth4webapi leaves it to its user',
  },
  {
    rule: 'a proof in another alphabet than that of base64url',
    accepts: 'oracle', error: PROOF,
    when: ({ proof }) => /[+/=]/.test(proof),
    why: 'RFC 7515 §2',
  },
  {
    rule: 'JSON that is not UTF-8',
    accepts: 'oracle', error: PROOF,
    when: inText((text, bytes) => !Buffer.from(text).equals(bytes)),
    why: 'RFC 8259 §8.1',
  },
  {
    rule: 'JSON with a byte order mark',
    accepts: 'oracle', error: PROOF,
    when: inText((text) => text.startsWith('\ufeff')),
    why: 'RFC 8259 §8.1',
  },
  {
    rule: 'JSON with duplicate members',
    accepts: 'oracle', error: PROOF,
    when: inText(hasTwins),
    why: 'RFC 7515 §4, RFC 7519 §4: must be rejected',
  },
  {
    rule: 'JSON with half of a surrogate pair',
    accepts: 'oracle', error: PROOF,
    when: inText((text) => /\\ud[89a-f]/.test(text)),
    why: 'RFC 8259 §8.2: unpredictable; it is no Unicode text',
  },
  {
    rule: 'JSON that is nested deeply',
    accepts: 'oracle', error: PROOF,
    when: inText((text) => depth(JSON.parse(text)) > 127),
    why: 'RFC 8259 §9: the depth may be limited',
  },
  {
    rule: 'JSON with a number beyond doubles',
    accepts: 'oracle', error: PROOF,
    when: inText((text) => text.includes('1e999')),
    why: 'RFC 8259 §6: the range may be limited',
  },
  {
    rule: 'JSON with a name that serde_json treats specially',
    accepts: 'oracle', error: PROOF,
    when: inText((text) => text.includes('"$serde_json::private::')),
    why: 'with its feature raw_value, it reads the value as other JSON',
  },
  {
    rule: 'iss or aud of another type',
    accepts: 'ours',
    when: ({ claims: { iss, aud } }) => iss === null || aud === null,
    why: 'RFC 9449 §4.2 gives them no meaning in a proof, and §4.3 checks other claims',
  },
];

/** Returns the row that explains the disagreement, if there is one. */
export function explain(request, ours) {
  const accepts = ours.accepted ? 'ours' : 'oracle';
  const candidates = TABLE.filter((row) => row.accepts === accepts && (ours.accepted || row.error === ours.error));
  return candidates.find((row) => row.when(request));
}
