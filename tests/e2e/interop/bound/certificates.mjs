// X.509 certificates, made at run time and never stored in the repository: of an authority, of
// servers on 127.0.0.1, and of clients.

import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

const DAY = 86_400_000;
const ECDSA_WITH_SHA256 = '06082a8648ce3d040302';
const COMMON_NAME = '0603550403';
const BASIC_CONSTRAINTS = '0603551d13';
const SUBJECT_ALT_NAME = '0603551d11';
const TRUE = '0101ff';
const LOOPBACK = Buffer.of(127, 0, 0, 1);

/** Encodes one DER element: its tag, its length and its content, of which texts are hexadecimal. */
function element(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)));
  const { length } = content;
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...(length < 0x80 ? [length] : size)), content]);
}

const sequence = (...parts) => element(0x30, ...parts);
const time = (date) => element(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
const named = (text) => sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from(text)))));

/** Says that the certificate is that of an authority. */
const OF_AUTHORITY = sequence(BASIC_CONSTRAINTS, TRUE, element(0x04, sequence(TRUE)));
/** Says that the certificate is for localhost and 127.0.0.1. */
const NAMES = sequence(element(0x82, Buffer.from('localhost')), element(0x87, LOOPBACK));
const FOR_LOOPBACK = sequence(SUBJECT_ALT_NAME, element(0x04, NAMES));

export function newKeyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Returns a certificate in DER for the subject's key, valid from yesterday until tomorrow. */
function signed(subject, issuer, extension) {
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const validity = sequence(time(new Date(Date.now() - DAY)), time(new Date(Date.now() + DAY)));
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.of(2))), element(0x02, Buffer.of(1), randomBytes(8)), algorithm,
    named(issuer.name), validity, named(subject.name), subject.publicKey.export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', toBeSigned, issuer.privateKey);
  return sequence(toBeSigned, algorithm, element(0x03, Buffer.of(0), signature));
}

/**
 * Returns an authority: { cert, issue(name, keyPair) }. A certificate is { cert, key } in PEM, with
 * its { thumbprint }, the `x5t#S256` of RFC 8705 §3.1.
 */
export function newAuthority(name = 'the authority') {
  const authority = { name, ...newKeyPair() };
  const issue = (name, keyPair = newKeyPair()) => {
    const certificate = new X509Certificate(signed({ name, ...keyPair }, authority, FOR_LOOPBACK));
    const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const key = keyPair.privateKey.export({ format: 'pem', type: 'pkcs8' });
    return { cert: certificate.toString(), key, thumbprint };
  };
  return { cert: new X509Certificate(signed(authority, authority, OF_AUTHORITY)).toString(), issue };
}
