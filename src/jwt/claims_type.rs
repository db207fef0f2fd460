//! Why the claims don't fit the claims type, for developers.

use serde::de::DeserializeOwned;

use super::payload;
use super::token::Unverified;

impl Unverified<'_> {
    /// Deserializes the claims type. An error is its cause, without a value of the token.
    pub(crate) fn check_claims_type<C: DeserializeOwned + 'static>(&self) -> Result<(), String> {
        let payload = self.payload.payload;
        if payload::custom::<C>(payload).is_ok() {
            return Ok(());
        }
        let cause = serde_json::from_str::<C>(payload).err();
        let cause = cause.map(|cause| without_values(&cause.to_string()));
        Err(cause.unwrap_or_else(|| OTHER.to_owned()))
    }
}

const OTHER: &str = "the claims do not fit the claims type";

/// Returns the message of serde without the value that it quotes, and without the position, which is
/// of no use without the payload. A message of another form, which the type itself has made, may
/// contain any value: it is not shown.
fn without_values(message: &str) -> String {
    // The last one: the value may contain these words, too.
    let position = message.rsplit_once(" at line ");
    let message = position.map_or(message, |(message, _)| message);
    let expected = message
        .rsplit_once(", expected ")
        .map(|(_, expected)| expected);
    if let Some(field) = missing_field(message) {
        format!("missing field `{field}`")
    } else if let (Some(found), Some(expected)) = (message.strip_prefix("invalid type: "), expected)
    {
        format!("{}, expected {expected}", json_type(found))
    } else if let Some(expected) = expected.filter(|_| is_invalid(message)) {
        format!("another value, expected {expected}")
    } else if let Some(expected) = expected.filter(|_| message.starts_with("unknown variant ")) {
        format!("an unknown variant, expected {expected}")
    } else {
        OTHER.to_owned()
    }
}

/// Returns the name of a field that serde misses: the whole rest of the message is that name.
fn missing_field(message: &str) -> Option<&str> {
    let name = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    (!name.contains('`')).then_some(name)
}

/// Returns whether it is the message of serde about a value or a length.
fn is_invalid(message: &str) -> bool {
    message.starts_with("invalid value: ") || message.starts_with("invalid length ")
}

/// Returns the type that serde names before the value.
fn json_type(found: &str) -> &'static str {
    const TYPES: [(&str, &str); 7] = [
        ("string", "a string"),
        ("integer", "an integer"),
        ("floating", "a number with a fraction"),
        ("boolean", "a boolean"),
        ("null", "null"),
        ("sequence", "an array"),
        ("map", "an object"),
    ];
    let known = TYPES.iter().find(|(name, _)| found.starts_with(name));
    known.map_or("another type", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Role {
        Editor,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only deserialized")]
    struct Custom {
        tenant: u32,
        role: Role,
        port: std::num::NonZeroU8,
    }

    #[test]
    fn the_cause_names_fields_and_types_and_no_value() {
        for (payload, expected) in [
            ("{}", "missing field `tenant`"),
            (r#"{"tenant":"telltale"}"#, "a string, expected u32"),
            (r#"{"tenant":-99999}"#, "another value, expected u32"),
            (
                r#"{"tenant":1.25}"#,
                "a number with a fraction, expected u32",
            ),
            (r#"{"tenant":null}"#, "null, expected u32"),
            (r#"{"tenant":[99999]}"#, "an array, expected u32"),
            (r#"{"tenant":{"telltale":1}}"#, "an object, expected u32"),
            (r#"{"tenant":true}"#, "a boolean, expected u32"),
            (
                r#"{"tenant":1,"role":"telltale, expected telltale"}"#,
                "an unknown variant, expected `editor`",
            ),
            (
                r#"{"tenant":1,"role":"editor","port":0}"#,
                "another value, expected a nonzero u8",
            ),
        ] {
            let message = serde_json::from_str::<Custom>(payload)
                .unwrap_err()
                .to_string();
            assert_eq!(without_values(&message), expected, "{message}");
        }
        for message in ["telltale", "unknown field `telltale`, expected `x`", ""] {
            assert_eq!(without_values(message), OTHER);
        }
        // Messages that a type has made.
        for message in [
            "invalid e-mail address, expected one of corp.example, got telltale",
            "missing field `telltale` in `x`",
        ] {
            assert_eq!(without_values(message), OTHER);
        }
        // Words of serde in a value do not change where the value ends.
        let payload = r#"{"tenant":"x, expected telltale at line 1 column 2"}"#;
        let message = serde_json::from_str::<Custom>(payload).unwrap_err();
        let cause = without_values(&message.to_string());
        assert_eq!(cause, "a string, expected u32", "{message}");
    }
}
