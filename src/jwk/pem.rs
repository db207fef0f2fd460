//! Public keys in PEM and DER form (RFC 7468, RFC 5280 §4.1.2.7): three shapes, which don't need a library for ASN.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Key;
use crate::config_error::{ConfigError, ConfigErrorKind};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The parameters of RSA keys (RFC 3279 §2.3.1); some leave them out.
const NULL: &[u8] = &[0x05, 0];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const UNKNOWN: &str = "is not a public key that is known here";

pub(super) fn from_pem(pem: &[u8]) -> Result<Key, ConfigError> {
    let text = std::str::from_utf8(pem).map_err(|_| unusable("is not text"))?;
    if text.contains("PRIVATE KEY-----") {
        return Err(unusable("is private; give the public key and keep this one with the issuer"));
    }
    if text.contains("-----BEGIN CERTIFICATE") {
        return Err(unusable("is a certificate; extract its public key"));
    }
    if text.matches("-----BEGIN ").count() > 1 {
        return Err(unusable("holds several keys; give them one by one"));
    }
    let key = match content(text) {
        Some(("PUBLIC KEY", der)) => read(&der),
        Some(("RSA PUBLIC KEY", der)) => read_rsa(&der),
        _ => Err(UNKNOWN),
    };
    key.map_err(unusable)
}

pub(super) fn from_der(der: &[u8]) -> Result<Key, ConfigError> {
    read(der).map_err(unusable)
}

/// Whether it has the outline of a public key: `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) or `RSAPublicKey` (RFC 8017
/// §A.1.1). Copies nothing, because what is asked about may be a secret.
pub(super) fn is_public_der(der: &[u8]) -> bool {
    key_info(der).is_some() || rsa_components(der).is_some()
}

/// What kind of key the text says that it is, and its DER. Text before and after is allowed (RFC 7468 §5.2).
fn content(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, end) = rest.split_once("-----END ")?;
    end.strip_prefix(label)?.strip_prefix("-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    Some((label, STANDARD.decode(body).ok()?))
}

fn read(der: &[u8]) -> Result<Key, &'static str> {
    let (kind, parameters, key) = key_info(der).ok_or(UNKNOWN)?;
    match (kind, parameters) {
        (RSA_ENCRYPTION, NULL | []) => read_rsa(key),
        (EC_PUBLIC_KEY, curve) => read_ec(curve, key),
        (ED25519, []) => Key::ed25519(key, None),
        _ => Err(UNKNOWN),
    }
}

fn read_rsa(der: &[u8]) -> Result<Key, &'static str> {
    let (n, e) = rsa_components(der).ok_or("holds no RSA key")?;
    Key::rsa(n, e, None)
}

fn read_ec(parameters: &[u8], point: &[u8]) -> Result<Key, &'static str> {
    match (element(OID, parameters), point.len()) {
        (Some((P256, [])), 65) | (Some((P384, [])), 97) | (Some((P521, [])), 133) => Key::ec(point, None),
        _ => Err("is on no supported curve"),
    }
}

/// `SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING }`: the three of them.
fn key_info(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (info, []) = element(SEQUENCE, der)? else { return None };
    let (identifier, rest) = element(SEQUENCE, info)?;
    let (kind, parameters) = element(OID, identifier)?;
    // The first byte of a bit string counts the bits that are not used.
    let ([0, key @ ..], []) = element(BIT_STRING, rest)? else { return None };
    Some((kind, parameters, key))
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1), nothing after it.
fn rsa_components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, []) = element(SEQUENCE, der)? else { return None };
    let (n, rest) = element(INTEGER, sequence)?;
    let (e, []) = element(INTEGER, rest)? else { return None };
    (is_positive(n) && is_positive(e)).then_some((n, e))
}

/// A set top bit is a minus.
fn is_positive(integer: &[u8]) -> bool {
    matches!(integer.first(), Some(0..0x80))
}

/// The content of the DER element at the front, and what follows it. Lengths are in their shortest form.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => rest.split_first().filter(|(one, _)| **one > 0x7f).map(|(&one, rest)| (usize::from(one), rest))?,
        0x82 => {
            let (&two, rest) = rest.split_first_chunk()?;
            let length = u16::from_be_bytes(two);
            (length > 0xff).then(|| (usize::from(length), rest))?
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

fn unusable(reason: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::UnusableKey, format!("the key {reason}"))
}
