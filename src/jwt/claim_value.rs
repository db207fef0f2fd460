//! The values of the claims that are checked here: read once, for the check and for whoever else asks for them.

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

/// A claim that is checked here.
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

    /// Whether what it should not be means that it says nothing, and not that the token is bad.
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

/// Which of them were met.
#[derive(Default)]
pub(super) struct Seen(u16);

impl Seen {
    /// Takes note of one; an error if it was there before.
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

/// A JSON value, as far as one of these claims may be one.
pub(super) enum Value<'j> {
    Text(JsonStr<'j>),
    Texts(Vec<JsonStr<'j>>),
    Integer(u64),
    Float(f64),
    Null,
    /// Anything else: not kept.
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

/// Reads the claim's value; an error if it is of a kind that the claim can't have.
impl<'de> DeserializeSeed<'de> for Claim {
    type Value = Value<'de>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let (value, fits) = match self {
            Self::Iss | Self::Sub | Self::Jti => {
                return JsonStr::deserialize(deserializer).map(Value::Text);
            }
            // Asked for as a float, serde_json gives integers as integers, and numbers as numbers also where another
            // crate switched on `arbitrary_precision`.
            Self::Exp | Self::Nbf | Self::Iat => {
                let value = deserializer.deserialize_f64(ValueVisitor::OUTSIDE)?;
                let fits = value.as_date().is_some();
                (value, fits)
            }
            Self::Aud => {
                let value = deserializer.deserialize_any(ValueVisitor::OUTSIDE)?;
                let fits = matches!(value, Value::Text(_) | Value::Texts(_));
                (value, fits)
            }
            Self::ClientId | Self::Scope | Self::Scp => {
                (deserializer.deserialize_any(ValueVisitor::OUTSIDE)?, true)
            }
        };
        if fits {
            Ok(value)
        } else {
            Err(D::Error::custom("not what the claim can be"))
        }
    }
}

/// A member of an array.
impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor { inside: true })
    }
}

struct ValueVisitor {
    /// Inside an array, further ones are skipped, however deep they are.
    inside: bool,
}

impl ValueVisitor {
    const OUTSIDE: Self = Self { inside: false };
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
        if self.inside {
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

/// A value that was read already, for whoever reads it next. What was not kept can only be ignored.
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
            // Asks, unlike the sequence itself, that all of it was read.
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
