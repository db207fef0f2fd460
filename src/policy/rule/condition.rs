//! A condition on the value of a claim.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::ClaimPath;
use super::outcome::Outcome;
use crate::encoding::json::at_pointer;

/// What the claim at a path must be.
#[derive(Clone)]
pub(super) struct Condition {
    pub(super) path: ClaimPath,
    /// Those of the path.
    pub(super) tokens: Box<[Box<str>]>,
    pub(super) expected: Expected,
}

#[derive(Clone)]
pub(super) enum Expected {
    /// One of these is in the array, or is the string.
    AnyOf(Box<[Box<str>]>),
    /// All of these are in the array. At most [`MAX_ALL`].
    AllOf(Box<[Box<str>]>),
    Text(Box<str>),
    Bool(bool),
    Integer(i128),
    /// Any value but `null`.
    Present,
}

/// The maximum number of values of `all_of`: a bit for each.
pub(super) const MAX_ALL: usize = 64;

impl Condition {
    /// Compares the claim in a payload. Allocates nothing, unless a string of it has escapes.
    pub(super) fn check(&self, payload: &str) -> Outcome {
        let compare = Compare(&self.expected);
        let absent = match self.expected {
            Expected::Present => Outcome::NotMet,
            _ => Outcome::Unknown,
        };
        at_pointer(payload, &self.tokens, compare).unwrap_or(absent)
    }
}

struct Compare<'e>(&'e Expected);

impl<'j> DeserializeSeed<'j> for Compare<'_> {
    type Value = Outcome;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Outcome, D::Error> {
        match self.0 {
            // So that serde_json visits numbers as numbers even if another crate enables its
            // feature `arbitrary_precision`. Another type is an error, so the claim counts as
            // absent.
            Expected::Integer(_) => deserializer.deserialize_i64(self),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'j> Visitor<'j> for Compare<'_> {
    type Value = Outcome;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Outcome, E> {
        Ok(match self.0 {
            Expected::AnyOf(values) => values.iter().any(|value| **value == *text).into(),
            Expected::AllOf(values) => values.iter().all(|value| **value == *text).into(),
            Expected::Text(expected) => (**expected == *text).into(),
            Expected::Present => Outcome::Met,
            Expected::Bool(_) | Expected::Integer(_) => Outcome::Unknown,
        })
    }

    fn visit_seq<A: SeqAccess<'j>>(self, elements: A) -> Result<Outcome, A::Error> {
        match self.0 {
            Expected::AnyOf(values) => compare_elements(values, elements, |found| found != 0),
            Expected::AllOf(values) => {
                let all = (0..values.len()).fold(0, |all, index| all | bit(index));
                compare_elements(values, elements, move |found| found == all)
            }
            expected => {
                ignore_elements(elements)?;
                Ok(expected.of_other_type())
            }
        }
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<Outcome, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.0.of_other_type())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Outcome, E> {
        Ok(match self.0 {
            Expected::Bool(expected) => (*expected == value).into(),
            expected => expected.of_other_type(),
        })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Outcome, E> {
        Ok(self.0.compare_integer(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Outcome, E> {
        Ok(self.0.compare_integer(value.into()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Outcome, E> {
        Ok(self.0.of_other_type())
    }

    fn visit_unit<E: Error>(self) -> Result<Outcome, E> {
        Ok(match self.0 {
            Expected::Present => Outcome::NotMet,
            _ => Outcome::Unknown,
        })
    }
}

impl Expected {
    const fn of_other_type(&self) -> Outcome {
        match self {
            Self::Present => Outcome::Met,
            _ => Outcome::Unknown,
        }
    }

    fn compare_integer(&self, value: i128) -> Outcome {
        match self {
            Self::Integer(expected) => (*expected == value).into(),
            other => other.of_other_type(),
        }
    }
}

/// Compares an array of strings. With an element of another type, it is not one.
fn compare_elements<'j, A: SeqAccess<'j>>(
    values: &[Box<str>],
    mut elements: A,
    is_met: impl Fn(u64) -> bool,
) -> Result<Outcome, A::Error> {
    let mut found = Some(0);
    while let Some(element) = elements.next_element_seed(Find(values))? {
        found = found.zip(element).map(|(found, element)| found | element);
    }
    Ok(found.map_or(Outcome::Unknown, |found| is_met(found).into()))
}

fn ignore_elements<'j, A: SeqAccess<'j>>(mut elements: A) -> Result<(), A::Error> {
    while elements.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Returns a bit for the value of this index. Those past the last bit share it: only `any_of` has
/// them, which needs no more than to know that there is one.
const fn bit(index: usize) -> u64 {
    const LAST: u64 = 1 << 63;
    if index < MAX_ALL { LAST >> index } else { LAST }
}

/// Finds an element of an array among values: its bit, or none. `None` if it is not a string.
struct Find<'v>(&'v [Box<str>]);

impl<'j> DeserializeSeed<'j> for Find<'_> {
    type Value = Option<u64>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Find<'_> {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let index = self.0.iter().position(|value| **value == *text);
        Ok(Some(index.map_or(0, bit)))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, elements: A) -> Result<Self::Value, A::Error> {
        ignore_elements(elements)?;
        Ok(None)
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
