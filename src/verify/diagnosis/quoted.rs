//! Values of a token as they may be shown.

use std::fmt::Write as _;

use serde_json::Value;

/// The maximum length in bytes of a shown value, without its quotes.
const MAX_LEN: usize = 128;
/// The same of an error, which may name several URLs.
const MAX_ERROR_LEN: usize = 512;
/// The maximum number of shown values of a list.
const MAX_VALUES: usize = 4;

/// Returns a text in quotes, with everything escaped but printable ASCII, and cut.
pub(super) fn quoted(text: &str) -> String {
    quoted_to(text, MAX_LEN)
}

/// Returns the text of an error of an HTTP client, likewise. It may repeat what a server sent.
pub(super) fn quoted_error(text: &str) -> String {
    quoted_to(text, MAX_ERROR_LEN)
}

fn quoted_to(text: &str, max: usize) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        let start = shown.len();
        if matches!(character, ' '..='~') && !matches!(character, '"' | '\\') {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
        if shown.len() > max {
            shown.truncate(start);
            shown.push('…');
            break;
        }
    }
    format!("\"{shown}\"")
}

/// Returns texts in quotes, separated by commas: the first ones, and how many there are besides.
pub(super) fn quoted_list<T: AsRef<str>>(mut texts: impl Iterator<Item = T>) -> String {
    let mut shown = String::new();
    for (index, text) in texts.by_ref().take(MAX_VALUES).enumerate() {
        if index > 0 {
            shown.push_str(", ");
        }
        shown.push_str(&quoted(text.as_ref()));
    }
    // Of a long list, the length is known: there can be 10,000 issuers.
    let more = match texts.size_hint() {
        (rest, Some(most)) if rest == most => rest,
        _ => texts.count(),
    };
    if more > 0 {
        let _ = write!(shown, " and {more} more");
    }
    shown
}

/// Returns the value of a member, if it is one that may be shown.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => public(text),
        Some(Value::Array(values)) if values.is_empty() => "an empty array".to_owned(),
        Some(Value::Array(values)) if values.iter().all(Value::is_string) => public_list(values),
        _ => type_of(value).to_owned(),
    }
}

/// Returns a text in quotes, unless it may name a person.
pub(super) fn public(text: &str) -> String {
    if is_email(text) {
        "an e-mail address".to_owned()
    } else {
        quoted(text)
    }
}

fn public_list(values: &[Value]) -> String {
    let mut first = values.iter().filter_map(Value::as_str).take(MAX_VALUES);
    if first.any(is_email) {
        "an array with an e-mail address".to_owned()
    } else {
        quoted_list(values.iter().filter_map(Value::as_str))
    }
}

/// Returns configured values in quotes, unless the first ones may name a person.
pub(super) fn public_values(values: &[String]) -> String {
    let mut first = values.iter().take(MAX_VALUES);
    if first.any(|value| is_email(value)) {
        "one of the configured e-mail addresses".to_owned()
    } else {
        quoted_list(values.iter())
    }
}

/// Returns whether it may contain the address of a person or of a service account: an `@`, as it
/// is, percent-encoded or in its full width.
pub(super) fn is_email(text: &str) -> bool {
    text.contains(['@', '\u{ff20}', '\u{fe6b}']) || text.contains("%40")
}

/// Returns the JSON type of a member, for one that may be personal.
pub(super) const fn type_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "none",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_value_is_escaped_and_at_most_128_bytes_long() {
        assert_eq!(quoted("a\"\\\n\u{202e}é"), r#""a\"\\\n\u{202e}\u{e9}""#);
        for text in ["x".repeat(1000), "é".repeat(1000), "\n".repeat(1000)] {
            let shown = quoted(&text);
            assert!(
                shown.len() <= MAX_LEN + 5 && shown.ends_with("…\""),
                "{shown}"
            );
        }
        let whole = "x".repeat(MAX_LEN);
        assert_eq!(quoted(&whole), format!("\"{whole}\""));
    }

    #[test]
    fn a_list_shows_its_first_values() {
        let texts = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(
            quoted_list(texts.iter()),
            r#""a", "b", "c", "d" and 2 more"#
        );
        assert_eq!(quoted_list(texts.iter().take(1)), r#""a""#);
    }
}
