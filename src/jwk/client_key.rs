//! The public key that a client sends in a DPoP proof (RFC 9449 §4.2), and its thumbprint (RFC
//! 7638).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::jwk_form::{JwkForm, decode};
use super::{Key, SkipReason};
use crate::algorithm::{Algorithm, Family};
use crate::crypto::sha256;
use crate::encoding::json::{Document, IgnoredValue, JsonStr, MemberNames};

/// The members that a client must not send: those of private keys and secrets (RFC 7518 §6.2.2,
/// §6.3.2, §6.4.1, RFC 8037 §2, RFC 9964 §3).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// A public JWK as a client wrote it. Others than the members that determine the key and its use
/// are ignored.
#[derive(Debug, Default)]
pub(crate) struct ClientJwk<'j> {
    kty: Option<JsonStr<'j>>,
    crv: Option<JsonStr<'j>>,
    x: Option<JsonStr<'j>>,
    y: Option<JsonStr<'j>>,
    n: Option<JsonStr<'j>>,
    e: Option<JsonStr<'j>>,
    public: Option<JsonStr<'j>>,
    alg: Option<JsonStr<'j>>,
    usage: Option<JsonStr<'j>>,
    key_ops: Option<Vec<JsonStr<'j>>>,
    is_private: bool,
}

/// Reads a JWK inside of a document.
pub(crate) struct ReadClientJwk<'d, 'j>(pub(crate) &'d mut Document<'j>);

impl<'j> DeserializeSeed<'j> for ReadClientJwk<'_, 'j> {
    type Value = ClientJwk<'j>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'j> Visitor<'j> for ReadClientJwk<'_, 'j> {
    type Value = ClientJwk<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut jwk, mut names) = (ClientJwk::default(), MemberNames::new());
        while let Some(name) = self.0.next_name(&mut members)? {
            names.add(&name)?;
            jwk.read_value(&name.0, &mut members, self.0)?;
        }
        if jwk.kty.is_none() {
            return Err(A::Error::custom("the JWK has no `kty`"));
        }
        Ok(jwk)
    }
}

impl<'j> ClientJwk<'j> {
    fn read_value<A: MapAccess<'j>>(
        &mut self,
        name: &str,
        members: &mut A,
        document: &mut Document<'j>,
    ) -> Result<(), A::Error> {
        let place = match name {
            "kty" => &mut self.kty,
            "crv" => &mut self.crv,
            "x" => &mut self.x,
            "y" => &mut self.y,
            "n" => &mut self.n,
            "e" => &mut self.e,
            "pub" => &mut self.public,
            "alg" => &mut self.alg,
            "use" => &mut self.usage,
            "key_ops" => {
                self.key_ops = Some(members.next_value()?);
                return Ok(());
            }
            _ => {
                self.is_private |= PRIVATE.contains(&name);
                return members.next_value_seed(IgnoredValue(document));
            }
        };
        *place = Some(members.next_value()?);
        Ok(())
    }

    /// Returns the thumbprint, without checking the key, which takes longer. `algorithm` is the one
    /// that the client signs with.
    pub(crate) fn thumbprint(&self, algorithm: Algorithm) -> Result<[u8; 32], SkipReason> {
        self.check_purpose(algorithm)?;
        let kty = text(self.kty.as_ref());
        let start = [("crv", &self.crv), ("kty", &self.kty)];
        let canonical = match (algorithm.family(), kty, text(self.crv.as_ref())) {
            (Family::Rsa, "RSA", _) => {
                canonical(&[("e", &self.e), ("kty", &self.kty), ("n", &self.n)])
            }
            (Family::Ec, "EC", _) => {
                canonical(&[start[0], start[1], ("x", &self.x), ("y", &self.y)])
            }
            (Family::Ed, "OKP", "Ed25519") => canonical(&[start[0], start[1], ("x", &self.x)]),
            // RFC 9964 §6.
            (Family::MlDsa, "AKP", _) if self.alg.is_some() => canonical(&[
                ("alg", &self.alg),
                ("kty", &self.kty),
                ("pub", &self.public),
            ]),
            _ => return Err(SkipReason::AlgorithmMismatch),
        };
        Ok(sha256(&[canonical.as_bytes()]))
    }

    /// Returns the key. `algorithm` is the one that the client signs with.
    ///
    /// The members must have the form that the RFCs require: another one of the same key would have
    /// another thumbprint.
    pub(crate) fn key(&self, algorithm: Algorithm) -> Result<Key, SkipReason> {
        self.check_purpose(algorithm)?;
        let pinned = Some(algorithm);
        let kty = text(self.kty.as_ref());
        match (algorithm.family(), kty, text(self.crv.as_ref())) {
            (Family::Rsa, "RSA", _) => {
                let n = integer("n", self.n.as_ref())?;
                Key::rsa(&n, &integer("e", self.e.as_ref())?, pinned)
            }
            (Family::Ec, "EC", curve) => {
                let len = coordinate_len(curve).ok_or(SkipReason::UnsupportedCurve)?;
                let coordinate = |name, value: &Option<JsonStr<'_>>| {
                    let bytes =
                        JwkForm::Strict.decode(name, value.as_ref().map(|text| &*text.0))?;
                    JwkForm::Strict.coordinate(&bytes, len)
                };
                let (x, y) = (coordinate("x", &self.x)?, coordinate("y", &self.y)?);
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                Key::ec(&point, pinned)
            }
            (Family::Ed, "OKP", "Ed25519") => {
                let x = JwkForm::Strict.decode("x", self.x.as_ref().map(|text| &*text.0))?;
                Key::ed25519(&x, pinned)
            }
            (Family::MlDsa, "AKP", _) if self.alg.is_some() => {
                let public = self.public.as_ref().map(|text| &*text.0);
                Key::ml_dsa(&JwkForm::Strict.decode("pub", public)?, algorithm)
            }
            _ => Err(SkipReason::AlgorithmMismatch),
        }
    }

    fn check_purpose(&self, algorithm: Algorithm) -> Result<(), SkipReason> {
        if self.is_private {
            return Err(SkipReason::PrivateKey);
        }
        if self.usage.as_ref().is_some_and(|usage| usage.0 != "sig") {
            return Err(SkipReason::NotForSignatures);
        }
        let mut operations = self.key_ops.iter();
        if !operations.all(|all| all.iter().any(|operation| operation.0 == "verify")) {
            return Err(SkipReason::NotForVerification);
        }
        let named = self.alg.as_ref().map(|name| Algorithm::from_name(&name.0));
        if named.is_some_and(|named| named != Some(algorithm)) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        Ok(())
    }
}

fn text<'t>(member: Option<&'t JsonStr<'_>>) -> &'t str {
    member.map_or("", |text| &text.0)
}

/// Decodes a `Base64urlUInt`, which has no leading zeros (RFC 7518 §2).
fn integer(name: &'static str, value: Option<&JsonStr<'_>>) -> Result<Vec<u8>, SkipReason> {
    let text = value.ok_or(SkipReason::MissingMember(name))?;
    let bytes = decode(name, &text.0)?;
    if bytes.first() == Some(&0) {
        return Err(SkipReason::InvalidKey);
    }
    Ok(bytes.to_vec())
}

/// Returns the length in bytes of the coordinates of a curve (RFC 7518 §6.2.1.2).
fn coordinate_len(curve: &str) -> Option<usize> {
    match curve {
        "P-256" => Some(32),
        "P-384" => Some(48),
        "P-521" => Some(66),
        _ => None,
    }
}

/// Returns the JSON text of the members that a key type requires, in lexicographic order and
/// without white space (RFC 7638 §3). The values have no character that JSON escapes: they are
/// base64url, or one of a few names.
fn canonical(members: &[(&str, &Option<JsonStr<'_>>)]) -> String {
    let pairs = members.iter().map(|(name, value)| {
        let value = text(value.as_ref());
        format!("\"{name}\":\"{value}\"")
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}
