//! One key of a JWK set (RFC 7517 §4).
//!
//! Each key is read on its own, so that an unusable one does not affect the others.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::{Key, SkipReason};
use crate::algorithm::Algorithm;
use crate::encoding::{base64url, json};

/// The maximum length of a key id in bytes. Key ids of fetched keys are cached and shown in the health.
pub(super) const MAX_KEY_ID_LEN: usize = 512;

/// The members that determine the key. Others are ignored, `x5c` and `x5u` among them: only the JWK
/// itself is trusted.
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
    /// Not registered: Microsoft Entra ID names here the issuer that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
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
    d: Option<IgnoredAny>,
    // With one of the following, d can be computed (RFC 7518 §6.3.2).
    #[serde(skip_serializing)]
    p: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    q: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    dp: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    dq: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    qi: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    oth: Option<IgnoredAny>,
}

/// The text of a shared secret, wiped when it is dropped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|secret| Self(Zeroizing::new(secret)))
    }
}

/// Reads one JWK.
pub(super) fn from_json(json: &str) -> Result<Key, SkipReason> {
    let jwk: Jwk = json::object(json.as_bytes()).ok_or(SkipReason::Malformed)?;
    jwk.check_purpose()?;
    let key = jwk.key(jwk.algorithm()?)?;
    let key = match jwk.issuer {
        Some(issuer) => key.with_issuer(issuer),
        None => key,
    };
    match jwk.kid {
        Some(kid) if kid.len() > MAX_KEY_ID_LEN => Err(SkipReason::KeyIdTooLong),
        Some(kid) => Ok(key.with_key_id(kid)),
        None => Ok(key),
    }
}

/// Returns the public members of a JWK as JSON, if it is a usable public key.
pub(super) fn public_json(json: &str) -> Option<String> {
    let public = from_json(json).is_ok_and(|key| !key.is_secret());
    let jwk: Jwk = json::object(json.as_bytes()).filter(|_| public)?;
    serde_json::to_string(&jwk).ok()
}

impl Jwk {
    fn check_purpose(&self) -> Result<(), SkipReason> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(SkipReason::NotForSignatures);
        }
        let private = [
            &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth,
        ];
        if private.into_iter().any(Option::is_some) {
            return Err(SkipReason::PrivateKey);
        }
        match &self.key_ops {
            Some(operations) if !operations.iter().any(|operation| operation == "verify") => {
                Err(SkipReason::NotForVerification)
            }
            _ => Ok(()),
        }
    }

    /// Returns the algorithm that `alg` pins the key to.
    fn algorithm(&self) -> Result<Option<Algorithm>, SkipReason> {
        let parse = |name: &str| {
            Algorithm::from_name(name).ok_or_else(|| SkipReason::unsupported_algorithm(name))
        };
        self.alg.as_deref().map(parse).transpose()
    }

    fn key(&self, pinned: Option<Algorithm>) -> Result<Key, SkipReason> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let n = member("n", self.n.as_deref())?;
                let e = member("e", self.e.as_deref())?;
                Key::rsa(&n, &e, pinned)
            }
            ("EC", Some(curve)) => Key::ec(&self.point(curve)?, pinned),
            ("OKP", Some("Ed25519")) => Key::ed25519(&member("x", self.x.as_deref())?, pinned),
            ("oct", _) => {
                let k = self.k.as_ref().map(|k| k.0.as_str());
                Key::octets(&member("k", k)?, pinned)
            }
            ("EC" | "OKP", _) => Err(SkipReason::UnsupportedCurve),
            _ => Err(SkipReason::UnknownKeyType),
        }
    }

    /// Returns the uncompressed point, `04 ‖ x ‖ y`. Rejects coordinates that do not have the
    /// length of the curve's field (RFC 7518 §6.2.1.2).
    fn point(&self, curve: &str) -> Result<Vec<u8>, SkipReason> {
        let len = match curve {
            "P-256" => 32,
            "P-384" => 48,
            "P-521" => 66,
            _ => return Err(SkipReason::UnsupportedCurve),
        };
        let x = member("x", self.x.as_deref())?;
        let y = member("y", self.y.as_deref())?;
        if x.len() != len || y.len() != len {
            return Err(SkipReason::CoordinateLength);
        }
        Ok([&[4], x.as_slice(), y.as_slice()].concat())
    }
}

/// Decodes the value of a member that the type of the key requires.
fn member(name: &'static str, value: Option<&str>) -> Result<Zeroizing<Vec<u8>>, SkipReason> {
    let text = value.ok_or(SkipReason::MissingMember(name))?;
    // The decoded bytes are shorter than the text, so the buffer does not grow. Growing would leave
    // a copy of a secret behind that is not wiped.
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let len = base64url::decode_into(text.as_bytes(), &mut bytes)
        .ok_or(SkipReason::InvalidBase64(name))?
        .len();
    bytes.truncate(len);
    Ok(bytes)
}
