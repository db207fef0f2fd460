//! The JOSE header, read before anything is verified: it may choose among configured things and nothing more. `jku`,
//! `x5u`, `jwk` and `x5c` are not even looked at (RFC 8725 §3.10).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::names::{Names, Text};
use crate::algorithm::Algorithm;
use crate::error::{Error, ErrorKind};

/// What matters of a header.
#[derive(Debug)]
pub(super) struct Header<'h> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Cow<'h, str>>,
    pub(super) typ: Option<Cow<'h, str>>,
}

impl<'h> Header<'h> {
    /// Reads a decoded header: a JSON object with each name once.
    pub(super) fn parse(json: &'h str) -> Result<Self, Error> {
        let raw: Raw<'h> = serde_json::from_str(json).map_err(|_| ErrorKind::MalformedToken)?;
        if raw.unsupported {
            return Err(ErrorKind::UnsupportedHeader.into());
        }
        let name = raw.alg.ok_or(ErrorKind::MalformedToken)?;
        // An algorithm that has no name here is not allowed either, `none` in any case among them.
        let algorithm = Algorithm::from_name(&name.0).ok_or(ErrorKind::AlgorithmNotAllowed)?;
        Ok(Self { algorithm, key_id: raw.kid.map(|text| text.0), typ: raw.typ.map(|text| text.0) })
    }
}

#[derive(Default)]
struct Raw<'h> {
    alg: Option<Text<'h>>,
    kid: Option<Text<'h>>,
    typ: Option<Text<'h>>,
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
        let mut names = Names::new();
        while let Some(name) = members.next_key::<Text<'de>>()? {
            raw.read(&name.0, &mut members)?;
            names.add(name)?;
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
}
