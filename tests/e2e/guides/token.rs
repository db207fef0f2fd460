//! A token that a guide shows, and changes of it.

use serde_json::{Map, Value, json};
use tower_jwt_auth::testing::TestKey;

use crate::guide::Guide;
use crate::support::NOW;

/// The claims that are times.
const TIMES: [&str; 4] = ["auth_time", "exp", "iat", "nbf"];

#[derive(Clone)]
pub(crate) struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Token {
    /// Returns the tokens of a guide: pairs of JSON blocks, header and payload, issued now.
    pub(crate) fn all_of(guide: &Guide) -> Vec<Self> {
        let blocks: Vec<_> = guide
            .blocks("json")
            .map(|block| serde_json::from_str(&block.text()).expect("a JSON object"))
            .collect();
        let pairs = blocks.chunks(2);
        pairs
            .map(|pair| {
                let [header, claims] = pair else {
                    panic!("a header without a payload")
                };
                let (header, claims) = (Map::clone(header), Map::clone(claims));
                Self { header, claims }.issued_now()
            })
            .collect()
    }

    /// Moves all times by what `iat` is off.
    fn issued_now(mut self) -> Self {
        let issued_at = self.claims["iat"].as_u64().expect("`iat`");
        for name in TIMES {
            if let Some(time) = self.claims.get_mut(name) {
                *time = json!(time.as_u64().expect("a time") + NOW - issued_at);
            }
        }
        self
    }

    /// Returns a header parameter, which must be a string.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.header.get(name)?;
        Some(value.as_str().expect("a string"))
    }

    /// Returns a claim, which must be there.
    pub(crate) fn get(&self, name: &str) -> &Value {
        &self.claims[name]
    }

    /// Returns a claim, which must be a string.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).as_str().expect("a string")
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes claims, which must be there.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        for name in names {
            assert!(self.claims.remove(*name).is_some(), "no claim {name}");
        }
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        assert!(self.header.remove(name).is_some(), "no parameter {name}");
        self
    }

    pub(crate) fn sign(&self, key: &TestKey) -> String {
        let header = Value::Object(self.header.clone()).to_string();
        let claims = Value::Object(self.claims.clone()).to_string();
        key.sign_raw(&header, claims.as_bytes())
    }
}
