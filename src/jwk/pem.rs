//! Public keys in PEM and DER form. jsonwebtoken takes the ASN.1 apart; the checks are those of every other key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;

use super::{Key, SkipReason};
use crate::config_error::{ConfigError, ConfigErrorKind};

pub(super) fn from_pem(pem: &[u8]) -> Result<Key, ConfigError> {
    let text = std::str::from_utf8(pem).map_err(|_| unusable("is not text"))?;
    if text.contains("PRIVATE KEY-----") {
        return Err(unusable(
            "is private; give the public key and keep this one with the issuer",
        ));
    }
    if text.contains("-----BEGIN CERTIFICATE") {
        return Err(unusable("is a certificate; extract its public key"));
    }
    if text.matches("-----BEGIN ").count() > 1 {
        return Err(unusable("holds several keys; give them one by one"));
    }
    read(pem).map_err(unusable)
}

pub(super) fn from_der(der: &[u8]) -> Result<Key, ConfigError> {
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    );
    read(pem.as_bytes()).map_err(unusable)
}

/// Whether it has the outline of a public key: `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) or `RSAPublicKey` (RFC 8017
/// §A.1.1). Copies nothing, because what is asked about may be a secret.
pub(super) fn is_public_der(der: &[u8]) -> bool {
    is_key_info(der).is_some() || rsa_components(der).is_some()
}

fn is_key_info(der: &[u8]) -> Option<()> {
    let (info, []) = element(0x30, der)? else {
        return None;
    };
    let (algorithm, rest) = element(0x30, info)?;
    element(0x06, algorithm)?;
    let (_, []) = element(0x03, rest)? else {
        return None;
    };
    Some(())
}

fn read(pem: &[u8]) -> Result<Key, SkipReason> {
    if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
        let (n, e) = rsa_components(content(&key)?).ok_or(SkipReason::InvalidKey)?;
        return Key::rsa(n, e, None);
    }
    if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        return Key::ec(content(&key)?, None);
    }
    if let Ok(key) = DecodingKey::from_ed_pem(pem) {
        return Key::ed25519(content(&key)?, None);
    }
    Err(SkipReason::UnknownType)
}

fn content(key: &DecodingKey) -> Result<&[u8], SkipReason> {
    key.try_get_as_bytes().map_err(|_| SkipReason::UnknownType)
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1), nothing after it.
fn rsa_components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, []) = element(0x30, der)? else {
        return None;
    };
    let (n, rest) = element(0x02, sequence)?;
    let (e, []) = element(0x02, rest)? else {
        return None;
    };
    Some((n, e))
}

/// The content of the DER element at the front, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => rest
            .split_first()
            .map(|(&one, rest)| (usize::from(one), rest))?,
        0x82 => rest
            .split_first_chunk()
            .map(|(&two, rest)| (usize::from(u16::from_be_bytes(two)), rest))?,
        _ => return None,
    };
    if found == tag {
        rest.split_at_checked(length)
    } else {
        None
    }
}

fn unusable(reason: impl std::fmt::Display) -> ConfigError {
    ConfigError::new(ConfigErrorKind::UnusableKey, format!("the key {reason}"))
}
