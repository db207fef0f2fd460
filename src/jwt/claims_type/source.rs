//! A deserializer of claims whose errors hold no value.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::cause::Cause;

/// A claim, or an element or member of one.
pub(super) struct ClaimSource(pub(super) Value);

/// The name of a member, which may stand for a number.
struct Name(String);

impl IntoDeserializer<'_, Cause> for ClaimSource {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl IntoDeserializer<'_, Cause> for Name {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn members(object: Map<String, Value>) -> impl Iterator<Item = (Name, ClaimSource)> {
    let members = object.into_iter();
    members.map(|(name, value)| (Name(name), ClaimSource(value)))
}

impl<'de> Deserializer<'de> for ClaimSource {
    type Error = Cause;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Cause> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, Some(number)) => visitor.visit_f64(number),
                (None, None, None) => Err(Cause::invalid_value(Unexpected::Other(""), &visitor)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(elements) => {
                let elements = elements.into_iter().map(ClaimSource);
                let mut elements = SeqDeserializer::new(elements);
                let value = visitor.visit_seq(&mut elements)?;
                elements.end().map(|()| value)
            }
            Value::Object(object) => {
                let mut members = MapDeserializer::new(members(object));
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Cause> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Cause> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Cause> {
        match self.0 {
            Value::Object(object) => visitor.visit_map(StructMembers {
                members: object.into_iter(),
                current: None,
                fields,
            }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Cause> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, value: None }),
            Value::Object(object) => {
                let mut members = object.into_iter();
                match (members.next(), members.next()) {
                    (Some((name, value)), None) => {
                        let value = Some(value);
                        visitor.visit_enum(Variant { name, value })
                    }
                    _ => Err(Cause::invalid_value(
                        Unexpected::Map,
                        &"an object with one member",
                    )),
                }
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The members of a struct, whose fields are named in errors.
struct StructMembers {
    members: serde_json::map::IntoIter,
    current: Option<(Option<&'static str>, Value)>,
    fields: &'static [&'static str],
}

impl<'de> MapAccess<'de> for StructMembers {
    type Error = Cause;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Cause> {
        let Some((name, value)) = self.members.next() else {
            return Ok(None);
        };
        let field = self.fields.iter().find(|field| **field == name);
        self.current = Some((field.copied(), value));
        seed.deserialize(Name(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Cause> {
        let (field, value) = self.current.take().unwrap_or_default();
        let value = seed.deserialize(ClaimSource(value));
        value.map_err(|cause| match field {
            Some(field) => cause.in_field(field),
            None => cause,
        })
    }
}

/// A variant of an enum: its name, or an object with its name and content.
struct Variant {
    name: String,
    value: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Cause;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Cause> {
        let name = seed.deserialize(Name(self.name))?;
        Ok((name, Content(self.value)))
    }
}

struct Content(Option<Value>);

impl Content {
    fn or_null(self) -> ClaimSource {
        ClaimSource(self.0.unwrap_or_default())
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Cause;

    fn unit_variant(self) -> Result<(), Cause> {
        serde::Deserialize::deserialize(self.or_null())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Cause> {
        seed.deserialize(self.or_null())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Cause> {
        self.or_null().deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Cause> {
        self.or_null().deserialize_struct("", fields, visitor)
    }
}

/// Reads a number from the name of a member, as `serde_json` does.
macro_rules! number_in_name {
    ($($method:ident),+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Cause> {
            match (self.0.parse::<u64>(), self.0.parse::<i64>()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => self.deserialize_any(visitor),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Name {
    type Error = Cause;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Cause> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Cause> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Cause> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Cause> {
        let (name, value) = (self.0, None);
        visitor.visit_enum(Variant { name, value })
    }

    number_in_name! {
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64, deserialize_u8,
        deserialize_u16, deserialize_u32, deserialize_u64
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
