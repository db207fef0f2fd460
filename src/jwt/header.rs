//! The header of a token: the members that are supported, and those that must be absent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::duplicate_names::{JsonStr, MemberNames};
use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The maximum length in bytes of a header that is decoded without an allocation. Longer ones are
/// rare.
const MAX_ON_STACK: usize = 512;

impl Header {
    /// Decodes a header. Requires a JSON object in which each member name occurs once.
    ///
    /// `check` decides by algorithm and `typ`, before anything is copied.
    pub(crate) fn read<T>(
        encoded: &[u8],
        check: impl FnOnce(Algorithm, Option<&str>) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let mut stack = [0; MAX_ON_STACK];
        let heap;
        // Decoding on the stack also fails if the header is not base64url; then it fails again.
        let json = if let Some(json) = base64url::decode_into(encoded, &mut stack) {
            json
        } else {
            heap = base64url::decode(encoded).ok_or(ErrorKind::MalformedToken)?;
            &heap
        };
        let json = std::str::from_utf8(json).map_err(|_| ErrorKind::MalformedToken)?;
        let raw: RawHeader<'_> =
            serde_json::from_str(json).map_err(|_| ErrorKind::MalformedToken)?;
        let algorithm = raw.algorithm()?;
        let checked = check(algorithm, raw.typ.as_ref().map(|typ| &*typ.0))?;
        let header = Self {
            algorithm,
            key_id: raw.kid.map(owned),
            typ: raw.typ.map(owned),
        };
        Ok((header, checked))
    }
}

fn owned(text: JsonStr<'_>) -> Box<str> {
    text.0.into_owned().into()
}

#[derive(Default)]
struct RawHeader<'h> {
    alg: Option<JsonStr<'h>>,
    kid: Option<JsonStr<'h>>,
    typ: Option<JsonStr<'h>>,
    is_unsupported: bool,
}

impl<'de: 'h, 'h> Deserialize<'de> for RawHeader<'h> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawHeaderVisitor)
    }
}

struct RawHeaderVisitor;

impl<'de> Visitor<'de> for RawHeaderVisitor {
    type Value = RawHeader<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawHeader<'de>, A::Error> {
        let mut raw = RawHeader::default();
        let mut names = MemberNames::new();
        while let Some(name) = members.next_key::<JsonStr<'de>>()? {
            raw.read_value(&name.0, &mut members)?;
            names.add(&name)?;
        }
        Ok(raw)
    }
}

impl<'de> RawHeader<'de> {
    fn read_value<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(members.next_value()?),
            "kid" => self.kid = Some(members.next_value()?),
            "typ" => self.typ = Some(members.next_value()?),
            // No extension is supported, so a token with `crit` must be rejected, whatever its
            // value (RFC 7515 §4.1.11). With `b64` (RFC 7797) or `zip`, the signed bytes would not
            // be those that are read.
            "crit" | "b64" | "zip" => {
                members.next_value::<IgnoredAny>()?;
                self.is_unsupported = true;
            }
            _ => {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn algorithm(&self) -> Result<Algorithm, Error> {
        if self.is_unsupported {
            return Err(ErrorKind::UnsupportedHeader.into());
        }
        let name = self.alg.as_ref().ok_or(ErrorKind::MalformedToken)?;
        // Rejects `none` in every case: it is not an `Algorithm`.
        Algorithm::from_name(&name.0).ok_or(ErrorKind::AlgorithmNotAllowed.into())
    }
}
