//! The values of a configuration, before they are settings.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A value of any format. Has no `Debug`, since it may hold a secret that is there by mistake.
pub(super) enum Buffer {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    /// In the order of the format, with names that occur twice.
    Table(Vec<(String, Self)>),
}

impl Buffer {
    /// Returns what it is, for errors. They show no value.
    pub(super) fn unexpected(&self) -> Unexpected<'static> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Float(value) => Unexpected::Float(*value),
            Self::Text(_) => Unexpected::Str(""),
            Self::List(_) => Unexpected::Seq,
            Self::Table(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BufferVisitor)
    }
}

const TOO_LARGE: &str = "a number is too large";
/// The name of the only member of a number, if a crate of the program enables the feature
/// `arbitrary_precision` of `serde_json`.
const ARBITRARY_PRECISION: &str = "$serde_json::private::Number";

fn number_of(text: &str) -> Option<Buffer> {
    let unsigned = text.parse().map(Buffer::Unsigned);
    let integer = unsigned.or_else(|_| text.parse().map(Buffer::Signed));
    integer
        .ok()
        .or_else(|| text.parse().map(Buffer::Float).ok())
}

struct BufferVisitor;

impl<'de> Visitor<'de> for BufferVisitor {
    type Value = Buffer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a boolean, a list or a table")
    }

    fn visit_unit<E: Error>(self) -> Result<Buffer, E> {
        Ok(Buffer::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Buffer, E> {
        Ok(Buffer::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffer, D::Error> {
        Buffer::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Buffer, D::Error> {
        Buffer::deserialize(value)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Buffer, E> {
        Ok(Buffer::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Buffer, E> {
        Ok(Buffer::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Buffer, E> {
        Ok(Buffer::Signed(value))
    }

    /// The error of serde shows the number.
    fn visit_i128<E: Error>(self, _: i128) -> Result<Buffer, E> {
        Err(E::custom(TOO_LARGE))
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Buffer, E> {
        Err(E::custom(TOO_LARGE))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Buffer, E> {
        Ok(Buffer::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Buffer, E> {
        Ok(Buffer::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Buffer, E> {
        Ok(Buffer::Text(value))
    }

    /// The error of serde shows the bytes.
    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Buffer, E> {
        Err(E::invalid_type(Unexpected::Other("bytes"), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Buffer, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Buffer::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Buffer, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        if let [(name, Buffer::Text(number))] = table.as_slice()
            && name == ARBITRARY_PRECISION
        {
            return number_of(number).ok_or_else(|| A::Error::custom(TOO_LARGE));
        }
        Ok(Buffer::Table(table))
    }
}
