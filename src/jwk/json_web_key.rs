//! One key of a JWK set (RFC 7517 §4).
//!
//! Each key is read on its own, so that an unusable one does not affect the others.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::jwk_form::{JwkForm, decode};
use super::{Key, SkipReason};
use crate::algorithm::Algorithm;
use crate::encoding::json;

/// The maximum length of a key id in bytes. Key ids of fetched keys are cached and shown in the
/// health.
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
    #[serde(rename = "pub", skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    #[serde(skip_serializing)]
    k: Option<Secret>,
    #[serde(skip_serializing)]
    d: Option<IgnoredAny>,
    #[serde(rename = "priv", skip_serializing)]
    seed: Option<IgnoredAny>,
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

/// Reads one JWK in the form that the RFCs require, or also in others.
pub(super) fn from_json(json: &str, form: JwkForm) -> Result<Key, SkipReason> {
    let jwk: Jwk = json::object(json.as_bytes()).ok_or(SkipReason::Malformed)?;
    jwk.check_purpose(form)?;
    let key = jwk.key(jwk.algorithm()?, form)?;
    let key = match jwk.issuer {
        Some(issuer) => key.with_issuer(issuer),
        None => key,
    };
    match form.key_id(jwk.kid) {
        Some(kid) if kid.len() > MAX_KEY_ID_LEN => Err(SkipReason::KeyIdTooLong),
        Some(kid) => Ok(key.with_key_id(kid)),
        None => Ok(key),
    }
}

/// Returns the public members of a JWK of an issuer's set as JSON, if it is a usable public key.
pub(super) fn public_json(json: &str) -> Option<String> {
    let public = from_json(json, JwkForm::Lenient).is_ok_and(|key| !key.is_secret());
    let jwk: Jwk = json::object(json.as_bytes()).filter(|_| public)?;
    serde_json::to_string(&jwk).ok()
}

impl Jwk {
    fn check_purpose(&self, form: JwkForm) -> Result<(), SkipReason> {
        let usage = self.usage.as_deref();
        if usage.is_some_and(|usage| !form.is_for_signatures(usage)) {
            return Err(SkipReason::NotForSignatures);
        }
        let private = [
            &self.d, &self.seed, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth,
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

    fn key(&self, pinned: Option<Algorithm>, form: JwkForm) -> Result<Key, SkipReason> {
        let member = |name, value: &Option<String>| form.decode(name, value.as_deref());
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let n = member("n", &self.n)?;
                let e = member("e", &self.e)?;
                Key::rsa(&n, &e, pinned)
            }
            ("EC", Some(curve)) => Key::ec(&self.point(curve, form)?, pinned),
            ("OKP", Some("Ed25519")) => Key::ed25519(&member("x", &self.x)?, pinned),
            ("AKP", _) => {
                let algorithm = pinned.ok_or(SkipReason::MissingMember("alg"))?;
                Key::ml_dsa(&member("pub", &self.public)?, algorithm)
            }
            ("oct", _) => {
                // A secret is not published, so it is not in an issuer's set.
                let k = self.k.as_ref().ok_or(SkipReason::MissingMember("k"))?;
                Key::octets(&decode("k", &k.0)?, pinned)
            }
            ("EC" | "OKP", _) => Err(SkipReason::UnsupportedCurve),
            _ => Err(SkipReason::UnknownKeyType),
        }
    }

    /// Returns the uncompressed point, `04 ‖ x ‖ y`.
    fn point(&self, curve: &str, form: JwkForm) -> Result<Vec<u8>, SkipReason> {
        let len = match curve {
            "P-256" => 32,
            "P-384" => 48,
            "P-521" => 66,
            _ => return Err(SkipReason::UnsupportedCurve),
        };
        let coordinate = |name, value: &Option<String>| {
            form.coordinate(&form.decode(name, value.as_deref())?, len)
        };
        let (x, y) = (coordinate("x", &self.x)?, coordinate("y", &self.y)?);
        Ok([&[4], x.as_slice(), y.as_slice()].concat())
    }
}
