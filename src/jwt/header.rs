//! A token's header: the members that are understood, and those that must not be there.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::duplicate_names::{JsonStr, MemberNames};
use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// Room for a decoded header without an allocation; larger ones are rare.
const USUAL: usize = 512;

impl Header {
    /// Decodes and reads a header: a JSON object with each name once. `check` decides by algorithm and `typ`, before
    /// anything is copied.
    pub(crate) fn read<T>(
        encoded: &[u8],
        check: impl FnOnce(Algorithm, Option<&str>) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let mut stack = [0; USUAL];
        let heap;
        // Tried on the stack first; what does not fit there, or is no base64url, is looked at once more.
        let json = if let Some(json) = base64url::decode_into(encoded, &mut stack) {
            json
        } else {
            heap = base64url::decode(encoded).ok_or(ErrorKind::MalformedToken)?;
            &heap
        };
        let json = std::str::from_utf8(json).map_err(|_| ErrorKind::MalformedToken)?;
        let raw: Raw<'_> = serde_json::from_str(json).map_err(|_| ErrorKind::MalformedToken)?;
        let algorithm = raw.algorithm()?;
        let checked = check(algorithm, raw.typ.as_ref().map(|typ| &*typ.0))?;
        Ok((
            Self {
                algorithm,
                key_id: raw.kid.map(owned),
                typ: raw.typ.map(owned),
            },
            checked,
        ))
    }
}

fn owned(text: JsonStr<'_>) -> Box<str> {
    Cow::into_owned(text.0).into()
}

#[derive(Default)]
struct Raw<'h> {
    alg: Option<JsonStr<'h>>,
    kid: Option<JsonStr<'h>>,
    typ: Option<JsonStr<'h>>,
    unsupported: bool,
}

impl<'de: 'h, 'h> Deserialize<'de> for Raw<'h> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw<'de>, A::Error> {
        let mut raw = Raw::default();
        let mut names = MemberNames::new();
        while let Some(name) = members.next_key::<JsonStr<'de>>()? {
            raw.read(&name.0, &mut members)?;
            names.add(&name)?;
        }
        Ok(raw)
    }
}

impl<'de> Raw<'de> {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(members.next_value()?),
            "kid" => self.kid = Some(members.next_value()?),
            "typ" => self.typ = Some(members.next_value()?),
            // No extension is understood, so whatever `crit` holds, even nothing, it can't be met (RFC 7515 §4.1.11).
            // An unencoded payload (RFC 7797) or a compressed one is none that would be verified as it is read.
            "crit" | "b64" | "zip" => {
                members.next_value::<IgnoredAny>()?;
                self.unsupported = true;
            }
            _ => {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn algorithm(&self) -> Result<Algorithm, Error> {
        if self.unsupported {
            return Err(ErrorKind::UnsupportedHeader.into());
        }
        let name = self.alg.as_ref().ok_or(ErrorKind::MalformedToken)?;
        // An algorithm that has no name here is not allowed either, `none` in any case among them.
        Algorithm::from_name(&name.0).ok_or(ErrorKind::AlgorithmNotAllowed.into())
    }
}
