//! The values of the registered claims: read once, for the checks and for the user's type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::duplicate_names::{JsonStr, twice};
use super::numeric_date::NumericDate;

/// A registered claim.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    Iss,
    Sub,
    Aud,
    Exp,
    Nbf,
    Iat,
    Jti,
    ClientId,
    Scope,
    Scp,
}

impl Claim {
    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Iss,
            "sub" => Self::Sub,
            "aud" => Self::Aud,
            "exp" => Self::Exp,
            "nbf" => Self::Nbf,
            "iat" => Self::Iat,
            "jti" => Self::Jti,
            "client_id" => Self::ClientId,
            "scope" => Self::Scope,
            "scp" => Self::Scp,
            _ => return None,
        })
    }

    /// Returns whether a value of another type means that the claim says nothing, and not that the
    /// token is invalid.
    pub(super) const fn may_be_anything(self) -> bool {
        matches!(self, Self::ClientId | Self::Scope | Self::Scp)
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Iss => 1,
            Self::Sub => 1 << 1,
            Self::Aud => 1 << 2,
            Self::Exp => 1 << 3,
            Self::Nbf => 1 << 4,
            Self::Iat => 1 << 5,
            Self::Jti => 1 << 6,
            Self::ClientId => 1 << 7,
            Self::Scope => 1 << 8,
            Self::Scp => 1 << 9,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Iss => "iss",
            Self::Sub => "sub",
            Self::Aud => "aud",
            Self::Exp => "exp",
            Self::Nbf => "nbf",
            Self::Iat => "iat",
            Self::Jti => "jti",
            Self::ClientId => "client_id",
            Self::Scope => "scope",
            Self::Scp => "scp",
        }
    }
}

/// The registered claims that have been read so far.
#[derive(Default)]
pub(super) struct Seen(u16);

impl Seen {
    /// Adds a claim. Fails if it was added before.
    #[inline]
    pub(super) fn add<E: Error>(&mut self, claim: Claim) -> Result<(), E> {
        let bit = claim.bit();
        if self.0 & bit != 0 {
            return Err(twice());
        }
        self.0 |= bit;
        Ok(())
    }
}

/// A JSON value, as far as a registered claim can have it.
pub(super) enum Value<'j> {
    Text(JsonStr<'j>),
    Texts(Vec<JsonStr<'j>>),
    Integer(u64),
    Float(f64),
    Null,
    /// Any other value, which is not kept.
    Other,
}

impl<'j> Value<'j> {
    pub(super) const fn as_text(&self) -> Option<&JsonStr<'j>> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    pub(super) fn as_date(&self) -> Option<NumericDate> {
        match self {
            Self::Integer(seconds) => NumericDate::of_integer(*seconds),
            Self::Float(seconds) => NumericDate::of_float(*seconds),
            _ => None,
        }
    }
}

/// Reads the value of the claim. Fails if its type is not one that the claim can have.
impl<'de> DeserializeSeed<'de> for Claim {
    type Value = Value<'de>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let (value, fits) = match self {
            Self::Iss | Self::Sub | Self::Jti => {
                return JsonStr::deserialize(deserializer).map(Value::Text);
            }
            // Requested as a float, serde_json still visits integers as integers. And it visits
            // numbers as numbers even if another crate has enabled `arbitrary_precision`.
            Self::Exp | Self::Nbf | Self::Iat => {
                let value = deserializer.deserialize_f64(ValueVisitor::TOP_LEVEL)?;
                let fits = value.as_date().is_some();
                (value, fits)
            }
            Self::Aud => {
                let value = deserializer.deserialize_any(ValueVisitor::TOP_LEVEL)?;
                let fits = matches!(value, Value::Text(_) | Value::Texts(_));
                (value, fits)
            }
            Self::ClientId | Self::Scope | Self::Scp => {
                (deserializer.deserialize_any(ValueVisitor::TOP_LEVEL)?, true)
            }
        };
        if fits {
            Ok(value)
        } else {
            Err(D::Error::custom("not what the claim can be"))
        }
    }
}

/// Reads an element of an array.
impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor { in_array: true })
    }
}

struct ValueVisitor {
    /// In an array, nested arrays are skipped.
    in_array: bool,
}

impl ValueVisitor {
    const TOP_LEVEL: Self = Self { in_array: false };
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(JsonStr(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(JsonStr(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Integer))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        if self.in_array {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Other);
        }
        let mut texts = Some(Vec::new());
        while let Some(item) = items.next_element::<Value<'de>>()? {
            match (item, &mut texts) {
                (Value::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Value::Other, Value::Texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

/// Deserializes a value again that was read before. A value that was not kept can only be ignored.
pub(super) struct ValueDeserializer<'j, E> {
    value: Value<'j>,
    error: PhantomData<E>,
}

impl<'j, E> ValueDeserializer<'j, E> {
    pub(super) const fn new(value: Value<'j>) -> Self {
        Self {
            value,
            error: PhantomData,
        }
    }
}

impl<'de, E: Error> IntoDeserializer<'de, E> for JsonStr<'de> {
    type Deserializer = ValueDeserializer<'de, E>;

    fn into_deserializer(self) -> Self::Deserializer {
        ValueDeserializer::new(Value::Text(self))
    }
}

impl<'de, E: Error> Deserializer<'de> for ValueDeserializer<'de, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Value::Text(JsonStr(Cow::Borrowed(text))) => visitor.visit_borrowed_str(text),
            Value::Text(JsonStr(Cow::Owned(text))) => visitor.visit_string(text),
            // Unlike the sequence itself, this fails if not all of it is read.
            Value::Texts(texts) => SeqDeserializer::new(texts.into_iter()).deserialize_any(visitor),
            Value::Integer(number) => visitor.visit_u64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Null => visitor.visit_unit(),
            Value::Other => Err(E::custom("was not kept")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        if let Value::Null = self.value {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.value {
            Value::Text(JsonStr(Cow::Borrowed(text))) => {
                BorrowedStrDeserializer::new(text).deserialize_enum(name, variants, visitor)
            }
            _ => Err(E::custom("is no name")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}
