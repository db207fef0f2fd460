//! Claims that are a string or an array of strings, and values that look like one.

use proptest::prelude::*;
use serde_json::{Value, json};

/// A claim, or an element of one.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text(String),
    /// JSON of another type.
    Other(Value),
}

#[derive(Clone, Debug)]
pub(crate) enum ClaimValue {
    One(Item),
    Many(Vec<Item>),
}

impl ClaimValue {
    /// Returns the strings, if it is a string or an array of strings only.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::One(item) => Some(vec![item.text()?]),
            Self::Many(items) => items.iter().map(Item::text).collect(),
        }
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::One(Item::Other(Value::Null)))
    }

    /// Returns the claim as JSON. The bits of `escapes` say which characters are escaped, repeated
    /// every 16 characters.
    pub(crate) fn json(&self, escapes: u16) -> String {
        match self {
            Self::One(item) => item.json(escapes),
            Self::Many(items) => {
                let items: Vec<_> = items.iter().map(|item| item.json(escapes)).collect();
                format!("[ {} ]", items.join(" , "))
            }
        }
    }
}

impl Item {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }

    fn json(&self, escapes: u16) -> String {
        match self {
            Self::Text(text) => quoted(text, escapes),
            Self::Other(value) => value.to_string(),
        }
    }
}

/// Returns a JSON string (RFC 8259 §7).
fn quoted(text: &str, escapes: u16) -> String {
    let mut json = String::from("\"");
    for (character, position) in text.chars().zip((0..16).cycle()) {
        if escapes >> position & 1 == 1 || character.is_control() || matches!(character, '"' | '\\')
        {
            let units = character
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<Vec<_>>();
            json += &units.concat();
        } else {
            json.push(character);
        }
    }
    json + "\""
}

fn other() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!({})),
        Just(json!({"a": "b"})),
    ];
    leaf.prop_map(Item::Other)
}

/// Claims of such strings, and sometimes of other values.
pub(crate) fn claim(
    text: impl Strategy<Value = String> + Clone,
) -> impl Strategy<Value = ClaimValue> {
    let one = text.clone().prop_map(Item::Text);
    let nested = any::<bool>()
        .prop_map(|empty| Item::Other(if empty { json!([]) } else { json!(["read"]) }));
    let rarely = prop_oneof![12 => text.prop_map(Item::Text), 1 => other(), 1 => nested];
    let list = prop::collection::vec(rarely, 0..6).prop_map(ClaimValue::Many);
    let one = one.prop_map(ClaimValue::One);
    prop_oneof![4 => one, 4 => list, 1 => other().prop_map(ClaimValue::One)]
}
