//! The header of a token: the members that are supported, and those that must be absent.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::rules::MIN_MAX_MEMBERS;
use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::encoding::json::{Document, IgnoredValue, JsonStr, MemberNames};
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The maximum length in bytes of a header that is decoded without an allocation. Longer ones are
/// rare.
const MAX_ON_STACK: usize = 512;

impl Header {
    /// Decodes a header. Requires one JSON object that [`Document`] accepts.
    ///
    /// `check` decides by algorithm and `typ`, before anything is copied.
    pub(crate) fn read<T>(
        encoded: &[u8],
        max_members: usize,
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
        let raw = RawHeader::read(json, max_members)?;
        let algorithm = raw.algorithm()?;
        let checked = check(algorithm, raw.typ.as_ref().map(|typ| &*typ.0))?;
        let header = Self {
            algorithm,
            key_id: raw.kid.map(owned),
            typ: raw.typ.map(owned),
            has_many_members: raw.has_many_members,
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
    has_many_members: bool,
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
        let mut raw = RawHeader::default();
        let mut names = MemberNames::new();
        while let Some(name) = self.0.next_name(&mut members)? {
            names.add(&name)?;
            raw.read_value(&name.0, &mut members, self.0)?;
        }
        Ok(raw)
    }
}

impl<'h> RawHeader<'h> {
    fn read(json: &'h str, max_members: usize) -> Result<Self, ErrorKind> {
        let mut document = Document::new(json, max_members);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let raw = ReadHeader(&mut document).deserialize(&mut deserializer);
        raw.and_then(|raw| deserializer.end().map(|()| raw))
            .map(|raw| Self {
                has_many_members: document.members_read(max_members) > MIN_MAX_MEMBERS,
                ..raw
            })
            .map_err(|_| {
                if document.has_too_many_members() {
                    ErrorKind::TokenTooLarge
                } else {
                    ErrorKind::MalformedToken
                }
            })
    }

    fn read_value<A: MapAccess<'h>>(
        &mut self,
        name: &str,
        members: &mut A,
        document: &mut Document<'h>,
    ) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(members.next_value()?),
            "kid" => self.kid = Some(members.next_value()?),
            "typ" => self.typ = Some(members.next_value()?),
            // No extension is supported, so a token with `crit` must be rejected, whatever its
            // value (RFC 7515 §4.1.11). With `b64` (RFC 7797) or `zip`, the signed bytes would not
            // be those that are read.
            "crit" | "b64" | "zip" => {
                members.next_value_seed(IgnoredValue(document))?;
                self.is_unsupported = true;
            }
            _ => members.next_value_seed(IgnoredValue(document))?,
        }
        Ok(())
    }

    fn algorithm(&self) -> Result<Algorithm, Error> {
        if self.is_unsupported {
            return Err(ErrorKind::UnsupportedHeader.into());
        }
        let name = self.alg.as_ref().ok_or(ErrorKind::MalformedToken)?;
        // Rejects `none` in any letter case: it is not an `Algorithm`.
        Algorithm::from_name(&name.0).ok_or(ErrorKind::AlgorithmNotAllowed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_more_members_than_the_smallest_limit_has_many() {
        for (members, expected) in [(MIN_MAX_MEMBERS, false), (MIN_MAX_MEMBERS + 1, true)] {
            let names = (1..members).map(|n| format!(",\"{n}\":0"));
            let json = format!("{{\"alg\":\"ES256\"{}}}", names.collect::<String>());
            let raw = RawHeader::read(&json, MIN_MAX_MEMBERS * 2).ok().unwrap();
            assert_eq!(raw.has_many_members, expected, "{members}");
        }
    }
}
