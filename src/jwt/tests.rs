//! Reading a payload in one pass gives the same as reading it twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::registered::Registered as Recorded;
use super::{JsonClaims, payload};

const PAYLOADS: &[&str] = &[
    "{}",
    concat!(
        r#"{"iss":"i","sub":"s","aud":"a","exp":1800000000,"nbf":1.5e9,"iat":0,"jti":"j","#,
        r#""client_id":"c","scope":"a b","scp":["c"],"x":1}"#
    ),
    r#"{"aud":["a","b"],"scope":["a","b"],"scp":"c","exp":18e8,"x":{"y":[1,2.5,"z",null,true]}}"#,
    r#"{"aud":[],"scope":null,"client_id":null,"scp":{"a":[]},"x":null}"#,
    r#"{"scope":["a",1],"client_id":7,"scp":-1,"x":-2}"#,
    r#"{"scope":true,"client_id":[["a"]],"scp":1.25}"#,
    r#"{"iss":"https:\/\/i","sub":"\u0061\ud83d\ude00","aud":["\"q\""],"\u0073cope":"a\tb","x":"\\"}"#,
    r#"{"exp":-0,"nbf":0.0,"iat":253402300799,"x":"y"}"#,
    r#"{ "sub" : "s" , "x" : [ ] }"#,
    r#"{"scp":[1e999],"scope":1e999,"client_id":[[[[1e999]]]]}"#,
    // From here on, none is a valid claims set.
    r#"{"sub":"s","\u0073ub":"t"}"#,
    r#"{"exp":-1}"#,
    r#"{"exp":"1800000000"}"#,
    r#"{"exp":1e400}"#,
    r#"{"exp":253402300800}"#,
    r#"{"aud":["a",1]}"#,
    r#"{"aud":null}"#,
    r#"{"iss":["i"]}"#,
    r#"{"sub":null}"#,
    r#"{"x":1,"x":1}"#,
    r#"{"x":1"#,
    r#"{"x":1}}"#,
    r#"{"x":01}"#,
    "[]",
    "null",
    "\"sub\"",
    "",
];

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Registered {
    iss: Option<String>,
    sub: Option<Box<str>>,
    aud: Option<OneOrMany>,
    exp: Option<u64>,
    nbf: Option<f64>,
    iat: Option<i128>,
    scope: Option<Value>,
    scp: Option<Value>,
    client_id: Option<Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flattened {
    sub: Option<Newtype>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Newtype(String);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    sub: String,
    x: Option<Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Registered { iss: String, exp: f32 },
    Anything(BTreeMap<String, Value>),
}

#[derive(Debug, Deserialize)]
struct Raw {
    scope: Option<Box<RawValue>>,
    x: Option<Box<RawValue>>,
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        let texts = |raw: &Self| {
            [&raw.scope, &raw.x].map(|raw| raw.as_ref().map(|raw| raw.get().to_owned()))
        };
        texts(self) == texts(other)
    }
}

#[derive(Debug, PartialEq, Deserialize)]
enum Scope {
    #[serde(rename = "a b")]
    AandB,
}

#[derive(Debug, PartialEq, Deserialize)]
struct WithEnum {
    scope: Scope,
}

/// Returns the number of payloads that can be read in one pass, and of those that can be read at
/// all.
fn agrees<C: DeserializeOwned + Debug + PartialEq>() -> (usize, usize) {
    let readable =
        |json: &&&str| payload::registered(json).is_ok() && serde_json::from_str::<C>(json).is_ok();
    let read = PAYLOADS.iter().filter(|json| {
        let (mut recorded, registered) = (Recorded::default(), payload::registered(json));
        let Some(custom) = payload::read::<C>(json, &mut recorded) else {
            return false;
        };
        let twice: C = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(custom, twice, "{json}");
        let registered = registered.unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(format!("{recorded:?}"), format!("{registered:?}"), "{json}");
        true
    });
    (read.count(), PAYLOADS.iter().filter(readable).count())
}

#[test]
fn one_pass_reads_the_same_as_two() {
    // A claims type that needs a claim of an unexpected JSON type, such as a number as the scope,
    // can't be read in one pass.
    assert_eq!(agrees::<Nothing>(), (9, 10));
    assert_eq!(agrees::<Option<Registered>>(), (4, 7));
    assert_eq!(agrees::<Flattened>(), (6, 9));
    assert_eq!(agrees::<Strict>(), (1, 1));
    assert_eq!(agrees::<Either>(), (6, 9));
    assert_eq!(agrees::<HashMap<String, Value>>(), (6, 9));
    assert_eq!(agrees::<Value>(), (6, 9));
    assert_eq!(agrees::<Wrapped>(), (6, 9));
    assert_eq!(agrees::<WithEnum>(), (1, 1));
    assert_eq!(agrees::<Raw>(), (4, 10));
}

/// Needs nothing of the payload, so every claims set can be read.
#[derive(Debug, PartialEq, Deserialize)]
struct Nothing {}

#[derive(PartialEq, Deserialize)]
struct Wrapped(JsonClaims);

impl Debug for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_map().fmt(f)
    }
}

#[test]
fn an_invalid_claims_set_is_rejected_in_one_pass_and_in_two() {
    let invalid = PAYLOADS.iter().skip(10);
    for json in invalid {
        let one_pass = payload::read::<Value>(json, &mut Recorded::default());
        assert!(
            payload::registered(json).is_err() && one_pass.is_none(),
            "{json}"
        );
    }
}
