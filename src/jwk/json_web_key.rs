//! One json_web_key of a JWK set (RFC 7517 §4), read on its own so that a bad one harms nobody else.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Key, SkipReason};
use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::encoding::json;

/// Longer key ids are no key ids: they would be kept and shown.
const LONGEST_KEY_ID: usize = 512;

/// The members that matter here. Others, `x5c` and `x5u` among them, are ignored: the key is in the JWK itself.
#[derive(Deserialize, Serialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing)]
    k: Option<Secret>,
    #[serde(skip_serializing)]
    d: Option<serde::de::IgnoredAny>,
}

/// Wiped when it is dropped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|secret| Self(Zeroizing::new(secret)))
    }
}

/// Reads one JWK. The error says why it is unusable, without repeating any of it.
pub(super) fn from_json(json: &str) -> Result<Key, SkipReason> {
    let jwk: Jwk = json::object(json.as_bytes()).ok_or(SkipReason::Malformed)?;
    jwk.check_purpose()?;
    let key = jwk.key(jwk.pinned()?)?;
    match jwk.kid {
        Some(kid) if kid.len() > LONGEST_KEY_ID => Err(SkipReason::KeyIdTooLong),
        Some(kid) => Ok(key.with_key_id(kid)),
        None => Ok(key),
    }
}

/// The public members of a JWK that is usable and public, as JSON.
pub(super) fn public_json(json: &str) -> Option<String> {
    let public = from_json(json).is_ok_and(|key| !is_secret(&key));
    let jwk: Jwk = json::object(json.as_bytes()).filter(|_| public)?;
    serde_json::to_string(&jwk).ok()
}

/// Whether the JWK is a shared secret, which no fetched set may hold.
pub(super) fn is_secret(key: &Key) -> bool {
    key.algorithms().iter().any(Algorithm::is_symmetric)
}

impl Jwk {
    fn check_purpose(&self) -> Result<(), SkipReason> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(SkipReason::NotForSignatures);
        }
        if self.d.is_some() {
            return Err(SkipReason::PrivateKey);
        }
        let verifies =
            |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
        if self
            .key_ops
            .as_ref()
            .is_some_and(|operations| !verifies(operations))
        {
            return Err(SkipReason::NotForVerification);
        }
        Ok(())
    }

    fn pinned(&self) -> Result<Option<Algorithm>, SkipReason> {
        let parse = |name: &str| {
            Algorithm::from_name(name).ok_or_else(|| SkipReason::unsupported_algorithm(name))
        };
        self.alg.as_deref().map(parse).transpose()
    }

    fn key(&self, pinned: Option<Algorithm>) -> Result<Key, SkipReason> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Key::rsa(
                &bytes(self.n.as_deref())?,
                &bytes(self.e.as_deref())?,
                pinned,
            ),
            ("EC", Some(curve)) => Key::ec(&self.point(curve)?, pinned),
            ("OKP", Some("Ed25519")) => Key::ed25519(&bytes(self.x.as_deref())?, pinned),
            ("oct", _) => Key::octets(&bytes(self.k.as_ref().map(|k| k.0.as_str()))?, pinned),
            ("EC" | "OKP", _) => Err(SkipReason::UnsupportedCurve),
            _ => Err(SkipReason::UnknownType),
        }
    }

    /// The uncompressed point; coordinates have exactly the field's length (RFC 7518 §6.2.1.2).
    fn point(&self, curve: &str) -> Result<Vec<u8>, SkipReason> {
        let length = match curve {
            "P-256" => 32,
            "P-384" => 48,
            "P-521" => 66,
            _ => return Err(SkipReason::UnsupportedCurve),
        };
        let (x, y) = (bytes(self.x.as_deref())?, bytes(self.y.as_deref())?);
        if x.len() != length || y.len() != length {
            return Err(SkipReason::WrongLength);
        }
        Ok([&[4], x.as_slice(), y.as_slice()].concat())
    }
}

fn bytes(value: Option<&str>) -> Result<Zeroizing<Vec<u8>>, SkipReason> {
    let text = value.ok_or(SkipReason::MissingMember)?;
    // As long as the text is long enough, so that nothing is moved to a larger buffer and left behind unwiped.
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let length = base64url::decode_into(text.as_bytes(), &mut bytes)
        .ok_or(SkipReason::InvalidBase64)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}
