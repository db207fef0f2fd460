//! Reading the claims set once: the user's type takes what it wants, and the registered claims are
//! recorded as they pass.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::claim_value::{Claim, Seen, Value, ValueDeserializer};
use super::duplicate_names::{JsonStr, MemberNames};
use super::registered::Registered;
use crate::error::{Error, ErrorKind};

/// Reads a decoded payload, a JSON object with unique names, as `C`. Returns `None` if it is not
/// such an object, or does not fit `C`: then [`registered`] finds the reason.
///
/// The claims are recorded in place: returning them would copy 200 bytes at each step.
pub(super) fn read<'de, C: Deserialize<'de>>(
    json: &'de str,
    registered: &mut Registered,
) -> Option<C> {
    let mut observed = Observed::new(json, registered, false);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let custom = C::deserialize(ObservingDeserializer {
        inner: &mut deserializer,
        observed: &mut observed,
    })
    .ok()?;
    deserializer.end().ok()?;
    // The user's type may go on after an error. Then not everything was recorded.
    (!observed.failed).then_some(custom)
}

/// Reads only the registered claims.
pub(super) fn registered(json: &str) -> Result<Registered, Error> {
    let mut registered = Registered::default();
    let mut observed = Observed::new(json, &mut registered, true);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = IgnoredObject::deserialize(ObservingDeserializer {
        inner: &mut deserializer,
        observed: &mut observed,
    });
    match read.and_then(|IgnoredObject| deserializer.end()) {
        Ok(()) => Ok(registered),
        Err(_) => Err(match observed.reading {
            Some(claim) => Error::claim_of(ErrorKind::InvalidClaim, claim.name()),
            None => ErrorKind::MalformedToken.into(),
        }),
    }
}

/// What was read so far.
struct Observed<'n, 'de> {
    json: &'de str,
    seen: Seen,
    /// The names of all other members.
    names: MemberNames<'de>,
    registered: &'n mut Registered,
    /// The claim whose value is being read, for the error.
    reading: Option<Claim>,
    /// Whether a claim of any type may be one that `serde_json` can't read, such as 1e999.
    lenient: bool,
    /// A name or a registered claim was invalid, even if the user's type ignored the error.
    failed: bool,
}

impl<'n, 'de> Observed<'n, 'de> {
    fn new(json: &'de str, registered: &'n mut Registered, lenient: bool) -> Self {
        Self {
            json,
            seen: Seen::default(),
            names: MemberNames::new(),
            registered,
            reading: None,
            lenient,
            failed: false,
        }
    }
}

/// A deserializer of an object that records the registered claims. It fails if anything but an
/// object is requested.
struct ObservingDeserializer<'o, 'n, 'de, D> {
    inner: D,
    observed: &'o mut Observed<'n, 'de>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObservingDeserializer<'_, '_, 'de, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(ObservingDeserializer {
            inner: visitor,
            observed: self.observed,
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("nothing would be read"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("claims are an object"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ObservingDeserializer<'_, '_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(ObservingDeserializer {
            inner: members,
            observed: self.observed,
        })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ObservingDeserializer<'_, '_, 'de, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.key(seed).inspect_err(|_| self.observed.failed = true)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.value(seed)
            .inspect_err(|_| self.observed.failed = true)
    }
}

impl<'de, A: MapAccess<'de>> ObservingDeserializer<'_, '_, 'de, A> {
    #[inline]
    fn key<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.observed.reading = None;
        let Some(name) = self.inner.next_key::<JsonStr<'de>>()? else {
            return Ok(None);
        };
        let claim = Claim::of(&name.0);
        match claim {
            Some(claim) => self.observed.seen.add(claim)?,
            None => self.observed.names.add(&name)?,
        }
        let key = seed.deserialize(ValueDeserializer::new(Value::Text(name)))?;
        self.observed.reading = claim;
        Ok(Some(key))
    }

    #[inline]
    fn value<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let Some(claim) = self.observed.reading else {
            return self.inner.next_value_seed(seed);
        };
        let value = if self.observed.lenient && claim.may_be_anything() {
            let raw = self.inner.next_value::<&'de RawValue>()?;
            claim
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .unwrap_or(Value::Other)
        } else {
            self.inner.next_value_seed(claim)?
        };
        self.observed
            .registered
            .note(claim, &value, self.observed.json);
        seed.deserialize(ValueDeserializer::new(value))
    }
}

/// Reads an object to its end and keeps nothing of it.
struct IgnoredObject;

impl<'de> Deserialize<'de> for IgnoredObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for IgnoredObject {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}
