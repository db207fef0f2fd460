//! The checks that a whole JSON document must pass, at every depth: each member name occurs once in
//! its object (RFC 7515 §4, RFC 7519 §4), there are not too many members, and no name is one that
//! `serde_json` uses for itself.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{JsonStr, MemberNames};

/// The start of the member names that make `serde_json` read an object as another value, if a crate
/// of the build enables its feature `raw_value` or `arbitrary_precision`.
const PRIVATE_PREFIX: &str = "$serde_json::private::";

/// A JSON document that is being read.
pub(crate) struct Document<'j> {
    text: &'j str,
    /// How many more members its objects may have, all together. `None` after one too many.
    remaining_members: Option<usize>,
}

impl<'j> Document<'j> {
    pub(crate) const fn new(text: &'j str, max_members: usize) -> Self {
        Self {
            text,
            remaining_members: Some(max_members),
        }
    }

    pub(crate) const fn text(&self) -> &'j str {
        self.text
    }

    /// Returns how many members its objects had so far, all together. `max` is that of `new`.
    pub(crate) fn members_read(&self, max: usize) -> usize {
        max.saturating_sub(self.remaining_members.unwrap_or(0))
    }

    /// Returns whether it was rejected because its objects have too many members.
    pub(crate) const fn has_too_many_members(&self) -> bool {
        self.remaining_members.is_none()
    }

    /// Reads the next member name of an object. Returns `None` at its end.
    ///
    /// The caller compares it with the earlier names of the object.
    #[inline]
    pub(crate) fn next_name<A: MapAccess<'j>>(
        &mut self,
        members: &mut A,
    ) -> Result<Option<JsonStr<'j>>, A::Error> {
        let name = members.next_key::<JsonStr<'j>>()?;
        if let Some(name) = &name {
            self.check(name)?;
        }
        Ok(name)
    }

    #[inline]
    fn check<E: Error>(&mut self, name: &JsonStr<'j>) -> Result<(), E> {
        if name.0.starts_with(PRIVATE_PREFIX) {
            return if self.is_number(name) {
                Ok(())
            } else {
                Err(E::custom("a member name is reserved"))
            };
        }
        self.remaining_members = self
            .remaining_members
            .and_then(|remaining| remaining.checked_sub(1));
        if self.has_too_many_members() {
            return Err(E::custom("there are too many members"));
        }
        Ok(())
    }

    /// Returns whether the name stands for a number: with `arbitrary_precision`, `serde_json` shows
    /// a number as an object with one member, whose name is not a part of the document.
    fn is_number(&self, name: &JsonStr<'j>) -> bool {
        let text = self.text.as_bytes().as_ptr_range();
        matches!(name.0, Cow::Borrowed(name) if !text.contains(&name.as_ptr()))
    }
}

/// Reads any value to its end, checks the objects in it, and keeps nothing.
pub(crate) struct IgnoredValue<'d, 'j>(pub(crate) &'d mut Document<'j>);

impl<'j> DeserializeSeed<'j> for IgnoredValue<'_, 'j> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for IgnoredValue<'_, 'j> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements
            .next_element_seed(IgnoredValue(&mut *self.0))?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = MemberNames::new();
        while let Some(name) = self.0.next_name(&mut members)? {
            names.add(&name)?;
            members.next_value_seed(IgnoredValue(&mut *self.0))?;
        }
        Ok(())
    }
}
