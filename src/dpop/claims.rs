//! The claims of a proof (RFC 9449 §4.2).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::header::MAX_MEMBERS;
use super::rejection::DpopRejection;
use super::verifier::ProofError;
use crate::encoding::json::{Document, IgnoredValue, JsonStr, MemberNames};
use crate::jwt::NumericDate;

/// The maximum length of an id in bytes (RFC 9449 §11.1).
const MAX_ID_LEN: usize = 256;

/// The claims that are looked at. Others are ignored.
pub(super) struct ProofClaims<'p> {
    pub(super) jti: JsonStr<'p>,
    pub(super) htm: JsonStr<'p>,
    pub(super) htu: JsonStr<'p>,
    pub(super) ath: JsonStr<'p>,
    pub(super) iat: NumericDate,
    pub(super) exp: Option<NumericDate>,
    pub(super) nbf: Option<NumericDate>,
    /// Read only if the server asks for one.
    pub(super) nonce: Option<JsonStr<'p>>,
}

impl<'p> ProofClaims<'p> {
    /// Reads the claims. Rejects a proof that lacks one of those that are required.
    pub(super) fn read(json: &'p str, with_nonce: bool) -> Result<Self, ProofError> {
        let mut document = Document::new(json, MAX_MEMBERS);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read = ReadClaims {
            document: &mut document,
            with_nonce,
        };
        let raw = read
            .deserialize(&mut deserializer)
            .and_then(|raw| deserializer.end().map(|()| raw))
            .map_err(|_| {
                ProofError::Invalid(DpopRejection::Malformed, "the claims are malformed")
            })?;
        raw.complete()
            .filter(ProofClaims::has_valid_id)
            .ok_or(ProofError::Invalid(
                DpopRejection::Malformed,
                "jti, htm, htu, iat or ath is absent, or jti is empty or longer than 256 bytes",
            ))
    }

    fn has_valid_id(&self) -> bool {
        (1..=MAX_ID_LEN).contains(&self.jti.0.len())
    }
}

#[derive(Default)]
struct RawClaims<'p> {
    jti: Option<JsonStr<'p>>,
    htm: Option<JsonStr<'p>>,
    htu: Option<JsonStr<'p>>,
    ath: Option<JsonStr<'p>>,
    iat: Option<NumericDate>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    nonce: Option<JsonStr<'p>>,
}

impl<'p> RawClaims<'p> {
    fn complete(self) -> Option<ProofClaims<'p>> {
        Some(ProofClaims {
            jti: self.jti?,
            htm: self.htm?,
            htu: self.htu?,
            ath: self.ath?,
            iat: self.iat?,
            exp: self.exp,
            nbf: self.nbf,
            nonce: self.nonce,
        })
    }

    fn read_value<A: MapAccess<'p>>(
        &mut self,
        name: &str,
        members: &mut A,
        read: &mut ReadClaims<'_, 'p>,
    ) -> Result<(), A::Error> {
        match name {
            "jti" => self.jti = Some(members.next_value()?),
            "htm" => self.htm = Some(members.next_value()?),
            "htu" => self.htu = Some(members.next_value()?),
            "ath" => self.ath = Some(members.next_value()?),
            "iat" => self.iat = Some(members.next_value()?),
            "exp" => self.exp = Some(members.next_value()?),
            "nbf" => self.nbf = Some(members.next_value()?),
            "nonce" if read.with_nonce => self.nonce = Some(members.next_value()?),
            _ => members.next_value_seed(IgnoredValue(read.document))?,
        }
        Ok(())
    }
}

/// Reads the claims.
struct ReadClaims<'d, 'p> {
    document: &'d mut Document<'p>,
    with_nonce: bool,
}

impl<'p> DeserializeSeed<'p> for ReadClaims<'_, 'p> {
    type Value = RawClaims<'p>;

    fn deserialize<D: Deserializer<'p>>(self, deserializer: D) -> Result<RawClaims<'p>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'p> Visitor<'p> for ReadClaims<'_, 'p> {
    type Value = RawClaims<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'p>>(mut self, mut members: A) -> Result<RawClaims<'p>, A::Error> {
        let (mut raw, mut names) = (RawClaims::default(), MemberNames::new());
        while let Some(name) = self.document.next_name(&mut members)? {
            names.add(&name)?;
            raw.read_value(&name.0, &mut members, &mut self)?;
        }
        Ok(raw)
    }
}
