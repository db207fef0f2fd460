//! The claims that are checked here, read from a payload without copying.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::audience::OneOrMany;
use super::names::{Names, Text};
use super::numeric_date::NumericDate;
use crate::error::{Error, ErrorKind};

/// The registered claims (RFC 7519 §4.1) and the scopes, as the payload has them.
#[derive(Debug, Default)]
pub(super) struct Payload<'p> {
    pub(super) iss: Option<Text<'p>>,
    pub(super) sub: Option<Text<'p>>,
    pub(super) aud: Option<OneOrMany<Text<'p>>>,
    pub(super) exp: Option<NumericDate>,
    pub(super) nbf: Option<NumericDate>,
    pub(super) iat: Option<NumericDate>,
    pub(super) jti: Option<Text<'p>>,
    /// Whether `client_id` is there, as a string (RFC 8693 §4.3).
    pub(super) has_client_id: bool,
    pub(super) scope: Option<OneOrMany<Text<'p>>>,
}

impl<'p> Payload<'p> {
    /// Reads a decoded payload: a JSON object with each name once.
    pub(super) fn parse(json: &'p str) -> Result<Self, Error> {
        let mut reading = None;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let payload = deserializer.deserialize_map(PayloadVisitor { reading: &mut reading });
        let payload = payload.and_then(|payload| deserializer.end().map(|()| payload));
        payload.map_err(|_| match reading {
            Some(claim) => Error::claim_of(ErrorKind::InvalidClaim, claim),
            None => ErrorKind::MalformedToken.into(),
        })
    }
}

struct PayloadVisitor<'r> {
    /// The claim whose value is being read, so that an error can name it.
    reading: &'r mut Option<&'static str>,
}

impl<'de> Visitor<'de> for PayloadVisitor<'_> {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Payload<'de>, A::Error> {
        let mut payload = Payload::default();
        let mut names = Names::new();
        while let Some(name) = members.next_key::<Text<'de>>()? {
            let claim = known(&name.0);
            names.add(name)?;
            *self.reading = claim;
            payload.read(claim, &mut members)?;
            *self.reading = None;
        }
        Ok(payload)
    }
}

/// The name, if the claim is one of those that are read here.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "iss" => "iss",
        "sub" => "sub",
        "aud" => "aud",
        "exp" => "exp",
        "nbf" => "nbf",
        "iat" => "iat",
        "jti" => "jti",
        "client_id" => "client_id",
        "scope" => "scope",
        "scp" => "scp",
        _ => return None,
    })
}

impl<'de> Payload<'de> {
    fn read<A: MapAccess<'de>>(&mut self, claim: Option<&str>, members: &mut A) -> Result<(), A::Error> {
        match claim.unwrap_or_default() {
            "iss" => self.iss = Some(members.next_value()?),
            "sub" => self.sub = Some(members.next_value()?),
            "aud" => self.aud = Some(members.next_value()?),
            "exp" => self.exp = Some(members.next_value()?),
            "nbf" => self.nbf = Some(members.next_value()?),
            "iat" => self.iat = Some(members.next_value()?),
            "jti" => self.jti = Some(members.next_value()?),
            "client_id" => self.has_client_id = members.next_value::<&RawValue>()?.get().starts_with('"'),
            "scope" => self.scope = scopes(members.next_value()?).or(self.scope.take()),
            "scp" => self.scope = self.scope.take().or(scopes(members.next_value()?)),
            _ => {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A scope of another shape grants nothing, which is no reason to refuse a token that needs none.
fn scopes(raw: &RawValue) -> Option<OneOrMany<Text<'_>>> {
    serde_json::from_str(raw.get()).ok()
}
