//! No value of a token is in the cause.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected};
use serde_json::Value;

use super::cause;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "only deserialized")]
enum Role {
    Editor,
    Owner { of: u32 },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only deserialized")]
struct Strict {
    id: u32,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only deserialized")]
struct Custom {
    tenant: u32,
    role: Option<Role>,
    port: Option<std::num::NonZeroU8>,
    strict: Option<Strict>,
    map: Option<HashMap<u8, u8>>,
    pair: Option<(u8, u8)>,
}

fn shown<C: DeserializeOwned>(payload: &str) -> String {
    let first = serde_json::from_str::<C>(payload).err();
    assert!(first.is_some(), "{payload}");
    cause::<C>(payload).to_string()
}

#[test]
fn the_cause_names_fields_and_types_and_no_value() {
    for (payload, expected) in [
        ("{}", "missing field `tenant`"),
        (
            r#"{"tenant":"telltale"}"#,
            "a string, expected u32 (field `tenant`)",
        ),
        (
            r#"{"tenant":-99999}"#,
            "another value, expected u32 (field `tenant`)",
        ),
        (
            r#"{"tenant":1.25}"#,
            "a number with a fraction, expected u32 (field `tenant`)",
        ),
        (r#"{"tenant":null}"#, "null, expected u32 (field `tenant`)"),
        (
            r#"{"tenant":[99999]}"#,
            "an array, expected u32 (field `tenant`)",
        ),
        (
            r#"{"tenant":{"telltale":1}}"#,
            "an object, expected u32 (field `tenant`)",
        ),
        (
            r#"{"tenant":true}"#,
            "a boolean, expected u32 (field `tenant`)",
        ),
        (
            r#"{"tenant":1,"role":"telltale, expected telltale"}"#,
            "an unknown variant, expected one of `editor`, `owner` (field `role`)",
        ),
        (
            r#"{"tenant":1,"role":{"owner":{"of":"telltale"}}}"#,
            "a string, expected u32 (field `of`)",
        ),
        (
            r#"{"tenant":1,"role":{"owner":{}}}"#,
            "missing field `of` (field `role`)",
        ),
        (
            r#"{"tenant":1,"role":"editor","port":0}"#,
            "another value, expected a nonzero u8 (field `port`)",
        ),
        (
            r#"{"tenant":1,"strict":{"telltale":1}}"#,
            "an unknown field, expected `id` (field `strict`)",
        ),
        (
            r#"{"tenant":1,"map":{"1":"telltale"}}"#,
            "a string, expected u8 (field `map`)",
        ),
        (
            r#"{"tenant":1,"map":{"telltale":1}}"#,
            "a string, expected u8 (field `map`)",
        ),
        (
            r#"{"tenant":1,"pair":[1,2,3]}"#,
            "another length, expected 2 elements in sequence (field `pair`)",
        ),
    ] {
        let shown = shown::<Custom>(payload);
        assert!(!shown.contains("telltale"), "{shown}");
        assert_eq!(shown, expected, "{payload}");
    }
}

/// Types whose errors serde makes in other ways.
#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only deserialized")]
enum Untagged {
    A { a: u32 },
    B(u32),
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
#[allow(dead_code, reason = "only deserialized")]
enum Tagged {
    A { a: u32 },
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only deserialized")]
struct Flat {
    #[serde(flatten)]
    inner: Strict,
}

#[derive(Debug)]
struct Parsed;

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Err(D::Error::custom(value))
    }
}

#[derive(Deserialize)]
enum Never {}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only deserialized")]
struct Roleless {
    role: Never,
}

/// Values with the words of serde, which quotes them in its own errors.
const VALUES: [&str; 7] = [
    "telltale",
    "x, expected telltale at line 9 column 3",
    "x, expected telltale",
    "missing field `telltale`",
    "telltale at line 1 column 2",
    "`, expected `telltale",
    "invalid type: telltale, expected telltale",
];

#[test]
fn no_kind_of_type_shows_a_value_whatever_words_it_has() {
    for value in VALUES {
        let member = serde_json::to_string(value).unwrap();
        for payload in [
            format!(r#"{{"a":{member}}}"#),
            format!(r#"{{"kind":"A","a":{member}}}"#),
            format!(r#"{{"kind":{member}}}"#),
            format!(r#"{{"id":{member}}}"#),
            format!(r#"{{"id":1,{member}:1}}"#),
            format!(r#"{{"role":{member}}}"#),
            format!("{{{member}:{member}}}"),
        ] {
            let mut shown = Vec::new();
            push::<Untagged>(&payload, &mut shown);
            push::<Tagged>(&payload, &mut shown);
            push::<Flat>(&payload, &mut shown);
            push::<Parsed>(&payload, &mut shown);
            push::<Roleless>(&payload, &mut shown);
            push::<Strict>(&payload, &mut shown);
            push::<HashMap<String, u8>>(&payload, &mut shown);
            push::<HashMap<u8, u8>>(&payload, &mut shown);
            push::<Vec<String>>(&payload, &mut shown);
            assert!(shown.len() > 4, "{payload}");
            for text in shown {
                assert!(!text.contains("telltale"), "{payload}: {text}");
            }
        }
    }
}

fn push<C: DeserializeOwned>(payload: &str, shown: &mut Vec<String>) {
    if serde_json::from_str::<C>(payload).is_err() {
        shown.push(cause::<C>(payload).to_string());
    }
}

#[test]
fn an_error_that_the_type_makes_is_not_shown() {
    let shown = shown::<Parsed>(r#"{"a":"telltale"}"#);
    assert_eq!(shown, "the claims do not fit the claims type");
}

/// Expects something in many words.
struct Talkative;

impl<'de> Deserialize<'de> for Talkative {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let words = format!("a\n{}", "long ".repeat(100));
        Err(D::Error::invalid_value(Unexpected::Unit, &words.as_str()))
    }
}

#[test]
fn what_a_type_says_of_itself_is_one_line_and_bounded() {
    let shown = shown::<Talkative>("{}");
    assert!(
        shown.starts_with("another value, expected along"),
        "{shown}"
    );
    assert!(shown.chars().count() <= 200 && !shown.contains('\n'));
}
