//! Strings and member names of a JSON object, borrowed where possible. Each name may occur once
//! (RFC 7515 §4, RFC 7519 §4).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A JSON string, borrowed unless it has escapes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonStr<'j>(pub(super) Cow<'j, str>);

impl<'de: 'j, 'j> Deserialize<'de> for JsonStr<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(JsonStrVisitor).map(Self)
    }
}

struct JsonStrVisitor;

impl<'de> Visitor<'de> for JsonStrVisitor {
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

/// The number of names that are compared one by one, without an allocation. Real tokens rarely have
/// more.
const INLINE: usize = 16;

/// The names of an object that have been read so far.
pub(super) struct MemberNames<'j> {
    few: [&'j str; INLINE],
    count: usize,
    /// A set of [`hash_bit`]s: a name whose bit is not in it is new.
    bits: u64,
    /// The names after the first few, so that a large object takes linear time, and those with
    /// escapes.
    many: Option<HashSet<Cow<'j, str>>>,
}

impl<'j> MemberNames<'j> {
    pub(super) const fn new() -> Self {
        Self {
            few: [""; INLINE],
            count: 0,
            bits: 0,
            many: None,
        }
    }

    /// Adds a name. Fails if it was added before.
    #[inline]
    pub(super) fn add<E: Error>(&mut self, name: &JsonStr<'j>) -> Result<(), E> {
        let bit = hash_bit(&name.0);
        if self.bits & bit != 0 && self.contains(&name.0) {
            return Err(twice());
        }
        self.bits |= bit;
        match (&name.0, self.few.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(free)) => {
                *free = name;
                self.count = self.count.saturating_add(1);
            }
            (name, _) => {
                self.many.get_or_insert_default().insert(name.clone());
            }
        }
        Ok(())
    }

    fn contains(&self, name: &str) -> bool {
        let few = self.few.get(..self.count).unwrap_or_default();
        few.contains(&name) || self.many.as_ref().is_some_and(|many| many.contains(name))
    }
}

/// Returns the error for a name that occurs twice.
#[cold]
pub(super) fn twice<E: Error>() -> E {
    E::custom("a member name occurs twice")
}

/// Returns one of 64 bits, by length and ends of the name: always the same for the same name.
fn hash_bit(name: &str) -> u64 {
    let end = |byte: Option<&u8>| byte.copied().unwrap_or_default();
    let bytes = name.as_bytes();
    let mixed = end(bytes.first()).wrapping_mul(5)
        ^ end(bytes.last()).wrapping_mul(11)
        ^ name.len().to_le_bytes()[0];
    1_u64.wrapping_shl(u32::from(mixed))
}
