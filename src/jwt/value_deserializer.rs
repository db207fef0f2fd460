//! Deserializing a value a second time.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::claim_value::Value;
use super::duplicate_names::JsonStr;

/// Deserializes a value that was read before. [`Value::Other`] can only be ignored.
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
            // Unlike `visit_seq`, rejects a visitor that leaves elements unread, as serde_json
            // does.
            Value::Texts(texts) => SeqDeserializer::new(texts.into_iter()).deserialize_any(visitor),
            Value::Integer(number) => visitor.visit_u64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Null => visitor.visit_unit(),
            Value::Other => Err(E::custom("the value is not stored")),
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
            // Also for a name with escapes: then the claims type is deserialized in a second pass.
            _ => Err(E::custom("the value is not the name of a variant")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}
