//! The value that a JSON pointer names (RFC 6901), read from text without the rest of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::JsonStr;

/// Deserializes the value that the reference tokens name with `seed`. `None` if there is no such
/// value, or if the text is not JSON. Of members with one name, the first one counts.
pub(crate) fn at_pointer<'j, S>(text: &'j str, tokens: &[Box<str>], seed: S) -> Option<S::Value>
where
    S: DeserializeSeed<'j>,
{
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = &mut Some(seed);
    Descend { tokens, seed }
        .deserialize(&mut deserializer)
        .ok()?
}

/// Returns the reference tokens of a pointer, without their escapes. `None` if it is not a pointer
/// (RFC 6901 §3), or the one that names the whole document.
pub(crate) fn reference_tokens(pointer: &str) -> Option<Vec<Box<str>>> {
    pointer
        .strip_prefix('/')?
        .split('/')
        .map(unescape)
        .collect()
}

/// Returns a text as a reference token.
pub(crate) fn escape(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Option<Box<str>> {
    let is_escaped = |rest: &str| rest.starts_with(['0', '1']);
    let mut rests = token.split('~').skip(1);
    // The order matters: `~01` stands for `~1` (RFC 6901 §4).
    let unescape = || token.replace("~1", "/").replace("~0", "~").into();
    rests.all(is_escaped).then(unescape)
}

/// Returns the index of an array that a reference token names (RFC 6901 §4).
fn index(token: &str) -> Option<usize> {
    let is_index = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|_| is_index)
}

/// Deserializes the value that `tokens` name, below the current one.
struct Descend<'p, S> {
    tokens: &'p [Box<str>],
    /// `None` once the value was found.
    seed: &'p mut Option<S>,
}

impl<'j, S: DeserializeSeed<'j>> DeserializeSeed<'j> for Descend<'_, S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if !self.tokens.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let seed = self.seed.take();
        seed.map(|seed| seed.deserialize(deserializer)).transpose()
    }
}

impl<'j, S: DeserializeSeed<'j>> Visitor<'j> for Descend<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (seed, mut found) = (self.seed, None);
        while let Some(name) = members.next_key::<JsonStr<'j>>()? {
            match self.tokens.split_first() {
                Some((token, tokens)) if **token == *name.0 && seed.is_some() => {
                    found = members.next_value_seed(Descend { tokens, seed })?;
                    // A second member of this name is not looked at.
                    *seed = None;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let (token, tokens) = self.tokens.split_first().unzip();
        let mut found = None;
        let before = token.and_then(|token| index(token)).unwrap_or(usize::MAX);
        for _ in 0..before {
            if elements.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let (tokens, seed) = (tokens.unwrap_or_default(), self.seed);
        if let Some(value) = elements.next_element_seed(Descend { tokens, seed })? {
            found = value;
            while elements.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(found)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use serde_json::Value;

    use super::*;

    /// The examples of RFC 6901 §5, and more.
    const DOCUMENT: &str = r#"{
        "foo": ["bar", "baz", {"x": [1, 2]}], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4,
        "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "~1": 9, "deep": {"er": {"est": true}},
        "https://app.example/roles": ["r"], "nothing": null, "twice": 1, "twice": 2
    }"#;

    fn value(pointer: &str) -> Option<Value> {
        at_pointer(DOCUMENT, &reference_tokens(pointer)?, PhantomData::<Value>)
    }

    #[test]
    fn the_examples_of_the_rfc_and_others_are_found() {
        for (pointer, expected) in [
            ("/foo/0", "\"bar\""),
            ("/foo/1", "\"baz\""),
            ("/foo/2/x/1", "2"),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
            ("/~01", "9"),
            ("/deep/er/est", "true"),
            ("/https:~1~1app.example~1roles/0", "\"r\""),
            ("/nothing", "null"),
            ("/twice", "1"),
        ] {
            let expected = serde_json::from_str(expected).ok();
            assert_eq!(value(pointer), expected, "{pointer}");
        }
    }

    #[test]
    fn what_does_not_exist_is_not_found() {
        for pointer in [
            "/x",
            "/foo/3",
            "/foo/-",
            "/foo/00",
            "/foo/+0",
            "/foo/ 0",
            "/foo/bar",
            "/foo/0/b",
            "/foo/2/x/2",
            "/deep/er/est/x",
            "/deep/est",
            "/nothing/x",
            "/a/b",
            "/~1x",
            "/twice/0",
            "/foo/99999999999999999999999",
        ] {
            assert_eq!(value(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn a_text_that_is_no_pointer_has_no_tokens() {
        for text in ["", "foo", "#/foo", "/~", "/~2", "/a~", "/~~0", " /foo"] {
            assert_eq!(reference_tokens(text), None, "{text:?}");
        }
        for name in ["plain", "a/b", "m~n", "~1", "", "https://app.example/roles"] {
            let tokens = reference_tokens(&format!("/{}", escape(name))).unwrap();
            assert_eq!(tokens, [Box::<str>::from(name)]);
        }
    }

    #[test]
    fn a_text_that_is_not_json_has_no_values() {
        for text in ["", "{", "[1", r#"{"a":1"#, r#"{"a":1]"#] {
            let value = at_pointer(text, &["a".into()], PhantomData::<Value>);
            assert_eq!(value, None, "{text}");
        }
    }
}
