//! The header of a proof (RFC 9449 §4.2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::rejection::DpopRejection;
use super::verifier::ProofError;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::encoding::json::{Document, IgnoredValue, JsonStr, MemberNames};
use crate::jwk::{ClientJwk, Key, ReadClientJwk};
use crate::jwt::is_same_type;

/// The maximum number of members in all objects of a proof's header, and of its claims.
pub(super) const MAX_MEMBERS: usize = 128;

/// What a header says, once it is checked.
pub(super) struct ProofHeader {
    pub(super) algorithm: Algorithm,
    pub(super) key: Key,
    /// The thumbprint of the key (RFC 7638), in base64url.
    pub(super) thumbprint: Box<str>,
}

#[derive(Default)]
struct RawHeader<'h> {
    alg: Option<JsonStr<'h>>,
    typ: Option<JsonStr<'h>>,
    jwk: Option<ClientJwk<'h>>,
    is_unsupported: bool,
}

impl<'h> RawHeader<'h> {
    fn read(json: &'h str) -> Result<Self, ProofError> {
        let mut document = Document::new(json, MAX_MEMBERS);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        ReadHeader(&mut document)
            .deserialize(&mut deserializer)
            .and_then(|raw| deserializer.end().map(|()| raw))
            .map_err(|_| ProofError::Invalid(DpopRejection::Malformed, "the header is malformed"))
    }

    fn read_value<A: MapAccess<'h>>(
        &mut self,
        name: &str,
        members: &mut A,
        document: &mut Document<'h>,
    ) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(members.next_value()?),
            "typ" => self.typ = Some(members.next_value()?),
            "jwk" => self.jwk = Some(members.next_value_seed(ReadClientJwk(document))?),
            // No extension is supported (RFC 7515 §4.1.11), and with `b64` (RFC 7797) or `zip` the
            // signed bytes would not be those that are read.
            "crit" | "b64" | "zip" => {
                members.next_value_seed(IgnoredValue(document))?;
                self.is_unsupported = true;
            }
            // `kid`, `jku`, `x5c` and `x5u` as well: the key is the one in `jwk`.
            _ => members.next_value_seed(IgnoredValue(document))?,
        }
        Ok(())
    }

    fn check_type(&self) -> Result<(), ProofError> {
        let typ = self.typ.as_ref();
        if !typ.is_some_and(|typ| is_same_type(&typ.0, "dpop+jwt")) {
            return Err(ProofError::Invalid(
                DpopRejection::WrongType,
                "typ is not dpop+jwt",
            ));
        }
        if self.is_unsupported {
            return Err(ProofError::Invalid(
                DpopRejection::UnsupportedHeader,
                "the header has crit, b64 or zip",
            ));
        }
        Ok(())
    }

    fn algorithm(&self, allowed: AlgorithmSet) -> Result<Algorithm, ProofError> {
        // `none`, in any case, is not an `Algorithm`.
        let named = self
            .alg
            .as_ref()
            .and_then(|name| Algorithm::from_name(&name.0));
        named
            .filter(|algorithm| allowed.contains(*algorithm))
            .ok_or(ProofError::Invalid(
                DpopRejection::AlgorithmNotAllowed,
                "alg is not allowed",
            ))
    }
}

/// Reads a header.
struct ReadHeader<'d, 'h>(&'d mut Document<'h>);

impl<'h> DeserializeSeed<'h> for ReadHeader<'_, 'h> {
    type Value = RawHeader<'h>;

    fn deserialize<D: Deserializer<'h>>(self, deserializer: D) -> Result<RawHeader<'h>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'h> Visitor<'h> for ReadHeader<'_, 'h> {
    type Value = RawHeader<'h>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'h>>(self, mut members: A) -> Result<RawHeader<'h>, A::Error> {
        let (mut raw, mut names) = (RawHeader::default(), MemberNames::new());
        while let Some(name) = self.0.next_name(&mut members)? {
            names.add(&name)?;
            raw.read_value(&name.0, &mut members, self.0)?;
        }
        if raw.alg.is_none() {
            return Err(A::Error::custom("the header has no `alg`"));
        }
        Ok(raw)
    }
}

/// Reads a header, and checks all but the key. Then calls `then`, and compares the thumbprint of
/// the key with that which the token is bound to. The key is parsed last: that takes longer than
/// everything else, and anyone can send keys.
pub(super) fn read(
    json: &str,
    allowed: AlgorithmSet,
    bound_to: &str,
    then: impl FnOnce() -> Result<(), ProofError>,
) -> Result<ProofHeader, ProofError> {
    let raw = RawHeader::read(json)?;
    raw.check_type()?;
    let algorithm = raw.algorithm(allowed)?;
    let jwk = raw.jwk.ok_or(ProofError::Invalid(
        DpopRejection::UnusableKey,
        "the header has no jwk",
    ))?;
    then()?;
    let unusable = |_| ProofError::Invalid(DpopRejection::UnusableKey, "jwk is not usable");
    let thumbprint = URL_SAFE_NO_PAD.encode(jwk.thumbprint(algorithm).map_err(unusable)?);
    if thumbprint != bound_to {
        return Err(ProofError::WrongKey);
    }
    Ok(ProofHeader {
        algorithm,
        key: jwk.key(algorithm).map_err(unusable)?,
        thumbprint: thumbprint.into(),
    })
}
