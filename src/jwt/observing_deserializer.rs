//! A deserializer that records the registered claims while a claims type reads them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::claim::{Claim, SeenClaims};
use super::claim_value::Value;
use super::duplicate_names::{JsonStr, MemberNames};
use super::registered::Registered;
use super::value_deserializer::ValueDeserializer;

/// The members of an object that were read so far.
pub(super) struct Observed<'n, 'de> {
    json: &'de str,
    claims: SeenClaims,
    /// The names of the members that are not in `claims`.
    names: MemberNames<'de>,
    registered: &'n mut Registered,
    /// The claim whose value is being read. An error names it.
    pub(super) current: Option<Claim>,
    /// Whether a claim that may have any type may also have a value that `serde_json` can't
    /// represent, such as 1e999.
    lenient: bool,
    /// Whether a name or a claim was rejected, even if the claims type ignored the error.
    pub(super) failed: bool,
}

impl<'n, 'de> Observed<'n, 'de> {
    pub(super) fn new(json: &'de str, registered: &'n mut Registered, lenient: bool) -> Self {
        Self {
            json,
            claims: SeenClaims::default(),
            names: MemberNames::new(),
            registered,
            current: None,
            lenient,
            failed: false,
        }
    }
}

/// A deserializer, visitor or map access that fills in [`Observed`]. It deserializes objects only.
pub(super) struct ObservingDeserializer<'o, 'n, 'de, D> {
    pub(super) inner: D,
    pub(super) observed: &'o mut Observed<'n, 'de>,
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
        Err(D::Error::custom("the claims would not be read"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("a claims set is an object"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
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
        self.read_key(seed)
            .inspect_err(|_| self.observed.failed = true)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.read_value(seed)
            .inspect_err(|_| self.observed.failed = true)
    }
}

impl<'de, A: MapAccess<'de>> ObservingDeserializer<'_, '_, 'de, A> {
    #[inline]
    fn read_key<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.observed.current = None;
        let Some(name) = self.inner.next_key::<JsonStr<'de>>()? else {
            return Ok(None);
        };
        let claim = Claim::of(&name.0);
        match claim {
            Some(claim) => self.observed.claims.add(claim)?,
            None => self.observed.names.add(&name)?,
        }
        let key = seed.deserialize(ValueDeserializer::new(Value::Text(name)))?;
        self.observed.current = claim;
        Ok(Some(key))
    }

    #[inline]
    fn read_value<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let Some(claim) = self.observed.current else {
            return self.inner.next_value_seed(seed);
        };
        let value = if self.observed.lenient && claim.may_have_any_type() {
            let raw = self.inner.next_value::<&'de RawValue>()?;
            claim
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .unwrap_or(Value::Other)
        } else {
            self.inner.next_value_seed(claim)?
        };
        self.observed
            .registered
            .record(claim, &value, self.observed.json);
        seed.deserialize(ValueDeserializer::new(value))
    }
}
