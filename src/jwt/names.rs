//! Member names and strings of a JSON object, borrowed where possible, each name at most once (RFC 7515 §4,
//! RFC 7519 §4).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A JSON string, borrowed unless it holds escapes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text<'j>(pub(super) Cow<'j, str>);

impl<'de: 'j, 'j> Deserialize<'de> for Text<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// How many names are compared one by one, without an allocation. Real tokens rarely have more.
const INLINE: usize = 24;

/// The names seen so far.
pub(super) struct Names<'j> {
    few: [Cow<'j, str>; INLINE],
    count: usize,
    /// Only for the names after the first few, so that a hostile object costs linear time.
    many: HashSet<Cow<'j, str>>,
}

impl<'j> Names<'j> {
    pub(super) fn new() -> Self {
        Self { few: [const { Cow::Borrowed("") }; INLINE], count: 0, many: HashSet::new() }
    }

    /// Takes note of a name; an error if it was there before.
    pub(super) fn add<E: Error>(&mut self, name: Text<'j>) -> Result<(), E> {
        let seen = self.few.get(..self.count).unwrap_or_default();
        if seen.contains(&name.0) || (!self.many.is_empty() && self.many.contains(&name.0)) {
            return Err(E::custom("a member name occurs twice"));
        }
        if let Some(free) = self.few.get_mut(self.count) {
            *free = name.0;
            self.count = self.count.saturating_add(1);
        } else {
            self.many.insert(name.0);
        }
        Ok(())
    }
}
