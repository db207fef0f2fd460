//! `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), encoded by hand: four shapes need no DER library.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::PublicParts;
use crate::algorithm::Algorithm;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// The start of the object identifiers of ML-DSA (RFC 9881 §2): 2.16.840.1.101.3.4.3.
const NIST_SIGNATURES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

/// Returns the DER of a public key, or `None` for a shared secret.
pub(super) fn der(algorithm: Algorithm, parts: &PublicParts) -> Option<Vec<u8>> {
    let (identifier, key) = match parts {
        PublicParts::Rsa { n, e } => {
            let key = element(SEQUENCE, &[unsigned(n), unsigned(e)].concat());
            (
                [element(OID, RSA_ENCRYPTION), element(NULL, &[])].concat(),
                key,
            )
        }
        PublicParts::Ec { x, y } => {
            let identifier = [element(OID, EC_PUBLIC_KEY), element(OID, curve(algorithm))].concat();
            // An uncompressed point (RFC 5480 §2.2).
            (identifier, [&[4], x.as_slice(), y].concat())
        }
        PublicParts::Ed { x } => (element(OID, ED25519), x.clone()),
        PublicParts::MlDsa { public } => (element(OID, &ml_dsa(algorithm)), public.clone()),
        PublicParts::Secret(_) => return None,
    };
    let no_unused_bits = [&[0], key.as_slice()].concat();
    let info = [
        element(SEQUENCE, &identifier),
        element(BIT_STRING, &no_unused_bits),
    ]
    .concat();
    Some(element(SEQUENCE, &info))
}

/// Returns PEM, in lines of 64 characters (RFC 7468 §2).
pub(super) fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
    for line in der.chunks(48) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text + "-----END PUBLIC KEY-----\n"
}

fn curve(algorithm: Algorithm) -> &'static [u8] {
    match algorithm {
        Algorithm::ES256 => P256,
        Algorithm::ES384 => P384,
        _ => P521,
    }
}

fn ml_dsa(algorithm: Algorithm) -> Vec<u8> {
    let last = match algorithm {
        Algorithm::MlDsa44 => 17,
        Algorithm::MlDsa65 => 18,
        _ => 19,
    };
    [NIST_SIGNATURES, &[last]].concat()
}

/// Encodes an unsigned number. A leading zero keeps a set top bit from making it negative.
fn unsigned(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        Some(0x80..) => element(INTEGER, &[&[0], bytes].concat()),
        _ => element(INTEGER, bytes),
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag], length(content.len()).as_slice(), content].concat()
}

fn length(length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match significant {
        [] => vec![0],
        [one @ ..0x80] => vec![*one],
        long => {
            let count = u8::try_from(long.len()).expect("a usize has fewer than 128 bytes");
            [&[0x80 | count], long].concat()
        }
    }
}
