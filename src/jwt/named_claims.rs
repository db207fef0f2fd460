//! Members of the payload or of the header that the configuration names. They are read in a pass of
//! their own, so that tokens cost nothing where none is named.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::audience_rule::NamedClaim;
use super::claim_value::{ReadValue, Value};
use crate::encoding::json::{Document, JsonStr};
use crate::error::{Error, ErrorKind};

/// Rejects a payload or header without these members. It was checked to be one JSON object in which
/// each name occurs once.
pub(super) fn check(payload: &str, claims: &[NamedClaim]) -> Result<(), Error> {
    let mut deserializer = serde_json::Deserializer::from_str(payload);
    let outcomes = ReadNamed { payload, claims }
        .deserialize(&mut deserializer)
        .map_err(|_| ErrorKind::MalformedToken)?;
    let mut outcomes = claims.iter().zip(outcomes);
    outcomes.try_for_each(|(claim, outcome)| outcome.check(claim))
}

#[derive(Clone, Copy)]
enum Outcome {
    Absent,
    /// `null`, or a value of another type than the claim must have.
    Malformed,
    Different,
    Expected,
}

impl Outcome {
    fn check(self, claim: &NamedClaim) -> Result<(), Error> {
        let about = |kind| Err(Error::about_named_claim(kind, Arc::clone(&claim.name)));
        match self {
            Self::Expected => Ok(()),
            Self::Absent => about(ErrorKind::MissingClaim),
            Self::Different if claim.replaces_aud => Err(ErrorKind::WrongAudience.into()),
            Self::Malformed | Self::Different => about(ErrorKind::InvalidClaim),
        }
    }

    fn of(value: &Value<'_>, claim: &NamedClaim) -> Self {
        let (texts, any_of) = match (value, &claim.any_of) {
            (Value::Text(text), Some(any_of)) => (std::slice::from_ref(text), any_of),
            (Value::Texts(texts), Some(any_of)) => (texts.as_slice(), any_of),
            (Value::Null, _) | (Value::Other, Some(_)) => return Self::Malformed,
            (_, None) => return Self::Expected,
        };
        let is_configured = |text: &JsonStr<'_>| any_of.iter().any(|value| *value == text.0);
        if texts.iter().any(is_configured) {
            Self::Expected
        } else {
            Self::Different
        }
    }
}

struct ReadNamed<'r, 'j> {
    payload: &'j str,
    claims: &'r [NamedClaim],
}

impl<'j> DeserializeSeed<'j> for ReadNamed<'_, 'j> {
    type Value = Vec<Outcome>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'j> Visitor<'j> for ReadNamed<'_, 'j> {
    type Value = Vec<Outcome>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        // The number of members was limited when the payload was checked.
        let mut document = Document::new(self.payload, usize::MAX);
        let mut outcomes = vec![Outcome::Absent; self.claims.len()];
        while let Some(name) = members.next_key::<JsonStr<'j>>()? {
            if self.claims.iter().all(|claim| *claim.name != *name.0) {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = members.next_value_seed(ReadValue::new(&mut document))?;
            for (claim, outcome) in self.claims.iter().zip(&mut outcomes) {
                if *claim.name == *name.0 {
                    *outcome = Outcome::of(&value, claim);
                }
            }
        }
        Ok(outcomes)
    }
}
