//! The values of the claims that this crate reads. Each is read once, for validation and for the
//! claims type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::claim::Claim;
use super::duplicate_names::JsonStr;
use super::numeric_date::NumericDate;

/// The JSON value of a claim that this crate reads.
pub(super) enum Value<'j> {
    Text(JsonStr<'j>),
    Texts(Vec<JsonStr<'j>>),
    Integer(u64),
    Float(f64),
    Null,
    /// Any other value, which is not stored.
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

/// Reads the value of the claim. Rejects one of a type that the claim can't have.
impl<'de> DeserializeSeed<'de> for Claim {
    type Value = Value<'de>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let (value, is_valid) = match self {
            Self::Iss | Self::Sub | Self::Jti => {
                return JsonStr::deserialize(deserializer).map(Value::Text);
            }
            // With `deserialize_f64`, serde_json visits integers as integers, and it visits numbers
            // as numbers even if another crate enables its feature `arbitrary_precision`.
            Self::Exp | Self::Nbf | Self::Iat => {
                let value = deserializer.deserialize_f64(ValueVisitor::TOP_LEVEL)?;
                let is_valid = value.as_date().is_some();
                (value, is_valid)
            }
            Self::Aud => {
                let value = deserializer.deserialize_any(ValueVisitor::TOP_LEVEL)?;
                let is_valid = matches!(value, Value::Text(_) | Value::Texts(_));
                (value, is_valid)
            }
            Self::ClientId | Self::Scope | Self::Scp => {
                (deserializer.deserialize_any(ValueVisitor::TOP_LEVEL)?, true)
            }
        };
        if is_valid {
            Ok(value)
        } else {
            Err(D::Error::custom("the claim can't have this value"))
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
    /// Arrays inside an array are skipped. Recursion would let a token determine its depth.
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        if self.in_array {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Other);
        }
        let mut texts = Some(Vec::new());
        while let Some(element) = elements.next_element::<Value<'de>>()? {
            match (element, &mut texts) {
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
