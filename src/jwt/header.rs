//! A token's header: the members that are supported, and those that must be absent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::duplicate_names::{JsonStr, MemberNames};
use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The length up to which a header is decoded without an allocation. Longer ones are rare.
const STACK_LEN: usize = 512;

impl Header {
    /// Decodes a header, which must be a JSON object with unique names. `check` decides by
    /// algorithm and `typ`, before anything is copied.
    pub(crate) fn read<T>(
        encoded: &[u8],
        check: impl FnOnce(Algorithm, Option<&str>) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let mut stack = [0; STACK_LEN];
        let heap;
        // Decoded on the stack first. What does not fit there, or is not base64url, is decoded once
        // more.
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
            // No extension is supported, so any `crit`, even an empty one, is rejected (RFC 7515
            // §4.1.11). So is a payload that is not encoded (RFC 7797) or compressed: it is not the
            // text that is read here.
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
        // `none`, in any case, has no name in `Algorithm`.
        Algorithm::from_name(&name.0).ok_or(ErrorKind::AlgorithmNotAllowed.into())
    }
}
