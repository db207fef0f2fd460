//! Parts of a JSON document as text, each to be read on its own, so that an unusable one does not
//! affect the others.
//!
//! In place of `serde_json`'s `RawValue`, whose feature changes how the whole program reads
//! `serde_json::Value`: an object with a certain member name becomes another value.

use serde::de::IgnoredAny;

/// Returns the text of the elements of an array, or `None` if `text` is not one array.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let mut rest = Rest(text);
    let mut elements = Vec::new();
    rest.punctuation('[')?;
    if rest.punctuation(']').is_none() {
        loop {
            elements.push(rest.value()?);
            if rest.punctuation(',').is_none() {
                break;
            }
        }
        rest.punctuation(']')?;
    }
    rest.end()?;
    Some(elements)
}

/// Returns the text of a member of an object, or `None` if `text` is not one object, or if it does
/// not have exactly one member of that name.
pub(crate) fn member<'j>(text: &'j str, name: &str) -> Option<&'j str> {
    let mut rest = Rest(text);
    let mut found = Vec::new();
    rest.punctuation('{')?;
    if rest.punctuation('}').is_none() {
        loop {
            let key: String = serde_json::from_str(rest.value()?).ok()?;
            rest.punctuation(':')?;
            let value = rest.value()?;
            if key == name {
                found.push(value);
            }
            if rest.punctuation(',').is_none() {
                break;
            }
        }
        rest.punctuation('}')?;
    }
    rest.end()?;
    match found[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// The text that is left to be read.
struct Rest<'j>(&'j str);

impl<'j> Rest<'j> {
    fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn punctuation(&mut self, character: char) -> Option<()> {
        self.skip_space();
        self.0 = self.0.strip_prefix(character)?;
        Some(())
    }

    /// Reads one value of any type.
    fn value(&mut self) -> Option<&'j str> {
        self.skip_space();
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let (value, rest) = self.0.split_at_checked(values.byte_offset())?;
        self.0 = rest;
        Some(value)
    }

    fn end(&mut self) -> Option<()> {
        self.skip_space();
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_split_into_its_elements() {
        let text = r#" [ 1, "a,]" ,{"b":[2,3]},[ ],null , -1e400] "#;
        let elements = elements(text).unwrap();
        assert_eq!(
            elements,
            ["1", r#""a,]""#, r#"{"b":[2,3]}"#, "[ ]", "null", "-1e400"]
        );
    }

    #[test]
    fn an_empty_array_has_no_elements() {
        assert_eq!(elements(" [ ] "), Some(Vec::new()));
    }

    #[test]
    fn a_text_that_is_not_one_array_is_not_split() {
        for text in [
            "",
            "[",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1]]",
            "[1] x",
            "{}",
            "[1:2]",
            "[01]",
            "[\"a]",
            "\u{feff}[]",
            "[1],",
        ] {
            assert_eq!(elements(text), None, "{text}");
        }
    }

    #[test]
    fn a_member_is_found_by_its_name() {
        for text in [
            r#"{"keys":[1]}"#,
            r#" { "a" : {"keys":[2]} , "keys" : [1] } "#,
            r#"{"k\u0065ys":[1],"b":"keys"}"#,
        ] {
            assert_eq!(member(text, "keys"), Some("[1]"), "{text}");
        }
    }

    #[test]
    fn a_member_must_occur_once_in_one_object() {
        for text in [
            "",
            "{}",
            "{",
            "{\"a\":1}",
            "{\"keys\":1",
            "{\"keys\":1,}",
            "{\"keys\":1}}",
            "[]",
            "{\"keys\":1,\"k\\u0065ys\":1}",
            "{\"keys\" 1}",
            "{keys:1}",
            "{1:1}",
            "{\"keys\":}",
        ] {
            assert_eq!(member(text, "keys"), None, "{text}");
        }
    }

    #[test]
    fn deep_values_do_not_overflow_the_stack() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(member(&format!("{{\"a\":{deep}}}"), "a"), Some(&*deep));
    }
}
