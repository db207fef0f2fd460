//! The values of claims that are strings, or arrays of strings.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::encoding::json::{Document, IgnoredValue, JsonStr};

/// The value of a claim, or of an element of its array.
pub(super) enum Value<'j> {
    Text(JsonStr<'j>),
    Texts(Vec<JsonStr<'j>>),
    Null,
    /// Any other value, which is not stored.
    Other,
}

pub(super) struct ReadValue<'d, 'j> {
    document: &'d mut Document<'j>,
    /// Arrays inside an array are not stored: no claim that is read has any.
    in_array: bool,
}

impl<'d, 'j> ReadValue<'d, 'j> {
    pub(super) const fn new(document: &'d mut Document<'j>) -> Self {
        Self {
            document,
            in_array: false,
        }
    }

    fn element(&mut self) -> ReadValue<'_, 'j> {
        ReadValue {
            document: &mut *self.document,
            in_array: true,
        }
    }
}

impl<'j> DeserializeSeed<'j> for ReadValue<'_, 'j> {
    type Value = Value<'j>;

    #[inline]
    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Value<'j>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for ReadValue<'_, 'j> {
    type Value = Value<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'j str) -> Result<Value<'j>, E> {
        Ok(Value::Text(JsonStr(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'j>, E> {
        Ok(Value::Text(JsonStr(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value<'j>, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value<'j>, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value<'j>, E> {
        Ok(Value::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value<'j>, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'j>, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'j>>(mut self, mut elements: A) -> Result<Value<'j>, A::Error> {
        if self.in_array {
            IgnoredValue(self.document).visit_seq(elements)?;
            return Ok(Value::Other);
        }
        let mut texts = Some(Vec::new());
        while let Some(element) = elements.next_element_seed(self.element())? {
            match (element, &mut texts) {
                (Value::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Value::Other, Value::Texts))
    }

    fn visit_map<A: MapAccess<'j>>(self, members: A) -> Result<Value<'j>, A::Error> {
        IgnoredValue(self.document).visit_map(members)?;
        Ok(Value::Other)
    }
}
