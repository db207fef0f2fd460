//! Public keys in PEM and DER form, and in certificates.
//!
//! jsonwebtoken parses the ASN.1; the checks are those of every other key.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;

use super::{DEFAULT_MAX_CANDIDATES, Key, SkipReason, certificate, ml_dsa_key};
use crate::config_error::{ConfigError, ConfigErrorKind};

/// How the first line of each block starts.
const BEGIN: &str = "-----BEGIN ";

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const INTEGER: u8 = 0x02;

/// Reads a PEM file with one public key.
pub(super) fn from_pem(pem: &[u8]) -> Result<Key, ConfigError> {
    let text = std::str::from_utf8(pem).map_err(|_| unusable("is not PEM: it is not UTF-8"))?;
    if text.contains("PRIVATE KEY-----") {
        return Err(unusable(
            "is a private key, which only the issuer may have: use its public key",
        ));
    }
    if text.matches(BEGIN).count() > 1 {
        return Err(unusable(
            "is followed by another one: pass one key at a time",
        ));
    }
    if let Some(der) = decoded(text, "PUBLIC KEY")
        && let Some(key) = ml_dsa_key::from_key_info(&der)
    {
        return key.map_err(unusable);
    }
    if certificate::is_in(text) {
        let key_info = certificate::key_info(text);
        return from_der(&key_info.ok_or_else(|| unusable("is not an X.509 certificate"))?);
    }
    read(pem)
}

/// Reads a PEM file with one public key or certificate, or with several public keys.
pub(super) fn all_from_pem(pem: &[u8]) -> Result<Vec<Key>, ConfigError> {
    let text = std::str::from_utf8(pem).unwrap_or_default();
    let mut starts = text.match_indices(BEGIN).map(|(start, _)| start);
    let (Some(_), Some(_)) = (starts.next(), starts.next()) else {
        return from_pem(pem).map(|key| vec![key]);
    };
    if certificate::is_in(text) {
        return Err(unusable(
            "is one of several, of which at least one is a certificate (such as a chain): must be \
             one certificate, or only public keys",
        ));
    }
    let blocks = text.split(BEGIN).skip(1);
    let keys = blocks.map(|block| from_pem(format!("{BEGIN}{block}").as_bytes()));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    if keys.len() > DEFAULT_MAX_CANDIDATES {
        return Err(unusable(format!(
            "is one of {}: must be at most {DEFAULT_MAX_CANDIDATES}, since a token is verified with \
             each",
            keys.len()
        )));
    }
    Ok(keys)
}

/// Reads a `SubjectPublicKeyInfo` in DER.
pub(super) fn from_der(der: &[u8]) -> Result<Key, ConfigError> {
    if let Some(key) = ml_dsa_key::from_key_info(der) {
        return key.map_err(unusable);
    }
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    );
    read(pem.as_bytes())
}

/// Returns whether DER has the structure of a public key: `SubjectPublicKeyInfo` (RFC 5280
/// §4.1.2.7) or `RSAPublicKey` (RFC 8017 §A.1.1).
///
/// Reads in place: the input may be a secret, and a copy would not be wiped.
pub(super) fn is_public_der(der: &[u8]) -> bool {
    key_info(der).is_some() || rsa_components(der).is_some()
}

/// Returns `Some` if DER is a `SubjectPublicKeyInfo`.
fn key_info(der: &[u8]) -> Option<()> {
    let (info, []) = element(SEQUENCE, der)? else {
        return None;
    };
    let (algorithm, rest) = element(SEQUENCE, info)?;
    element(OBJECT_IDENTIFIER, algorithm)?;
    let (_, []) = element(BIT_STRING, rest)? else {
        return None;
    };
    Some(())
}

fn read(pem: &[u8]) -> Result<Key, ConfigError> {
    let key = if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
        rsa_components(content(&key)?)
            .ok_or(SkipReason::InvalidKey)
            .and_then(|(n, e)| Key::rsa(n, e, None))
    } else if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        Key::ec(content(&key)?, None)
    } else if let Ok(key) = DecodingKey::from_ed_pem(pem) {
        Key::ed25519(content(&key)?, None)
    } else {
        return Err(not_a_public_key());
    };
    key.map_err(unusable)
}

fn content(key: &DecodingKey) -> Result<&[u8], ConfigError> {
    key.try_get_as_bytes().map_err(|_| not_a_public_key())
}

/// Returns the DER of the first part of a PEM file with this label.
pub(super) fn decoded(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, after) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (text, _) = after.split_once(&format!("-----END {label}-----"))?;
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// Returns modulus and exponent of an `RSAPublicKey`, a sequence of these two (RFC 8017 §A.1.1).
fn rsa_components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, []) = element(SEQUENCE, der)? else {
        return None;
    };
    let (n, rest) = element(INTEGER, sequence)?;
    let (e, []) = element(INTEGER, rest)? else {
        return None;
    };
    Some((n, e))
}

/// Returns the content of the first DER element, if it has that tag, and what follows the element.
pub(super) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, len], rest) = der.split_first_chunk()?;
    // The short form of a length, and the long one of up to 65535 bytes, which no key exceeds.
    let (len, rest) = match len {
        0..=0x7f => (usize::from(len), rest),
        0x81 => {
            let (&[len], rest) = rest.split_first_chunk()?;
            (usize::from(len), rest)
        }
        0x82 => {
            let (&len, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(len)), rest)
        }
        _ => return None,
    };
    if found == tag {
        rest.split_at_checked(len)
    } else {
        None
    }
}

fn not_a_public_key() -> ConfigError {
    unusable("is not a public key: must be RSA, P-256, P-384, P-521, Ed25519 or ML-DSA")
}

fn unusable(reason: impl Display) -> ConfigError {
    ConfigError::new(ConfigErrorKind::UnusableKey, format!("the key {reason}"))
}
