// X.509 certificates, made at run time and never stored: of clients (self-signed, which RFC 8705
// §2.2 allows) and of servers on 127.0.0.1.

import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

const DAY = 86_400_000;
const ECDSA_WITH_SHA256 = '06082a8648ce3d040302';
const COMMON_NAME = '0603550403';
const SUBJECT_ALT_NAME = '0603551d11';
const LOOPBACK = Buffer.of(127, 0, 0, 1);

/** Encodes one DER element: its tag, its length and its content. */
function element(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)));
  const { length } = content;
  const long = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...long), content]);
}

const sequence = (...parts) => element(0x30, ...parts);
const time = (date) => element(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
const name = (text) => sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from(text)))));

/** Returns the extension that names 127.0.0.1. */
function loopbackName() {
  const names = sequence(element(0x87, LOOPBACK));
  return element(0xa3, sequence(sequence(SUBJECT_ALT_NAME, element(0x04, names))));
}

export function newKeyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Returns a self-signed certificate of this key, valid since yesterday and until tomorrow. */
function selfSigned(commonName, { publicKey, privateKey }, now) {
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const serial = element(0x02, Buffer.of(0x01), randomBytes(8));
  const validity = sequence(time(new Date(now - DAY)), time(new Date(now + DAY)));
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.of(2))), serial, algorithm, name(commonName), validity, name(commonName),
    publicKey.export({ format: 'der', type: 'spki' }), loopbackName(),
  );
  const signature = sign('sha256', toBeSigned, createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })));
  return sequence(toBeSigned, algorithm, element(0x03, Buffer.of(0), signature));
}

/** Returns a new certificate: { cert, key } as PEM and { thumbprint }, the `x5t#S256` of RFC 8705 §3.1. */
export function newCertificate(commonName, keyPair = newKeyPair()) {
  const certificate = new X509Certificate(selfSigned(commonName, keyPair, Date.now()));
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return {
    cert: certificate.toString(),
    key: keyPair.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    thumbprint,
  };
}
