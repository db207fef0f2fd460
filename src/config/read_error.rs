//! Why values are not settings.

use std::fmt::{self, Display, Formatter};

use serde::de::{Error, Expected, Unexpected};

/// The path of a setting, and its problem. Shows no value, which may be a secret that is there by
/// mistake.
#[derive(Debug)]
pub(super) struct ReadError {
    path: String,
    problem: String,
}

impl ReadError {
    /// Returns the error of a value in the table, where it has this name.
    pub(super) fn in_table(mut self, name: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{name}{separator}{}", self.path);
        self
    }

    /// Returns the error of a value in the list, where it has this index.
    pub(super) fn in_list(self, index: usize) -> Self {
        self.in_table(&format!("[{index}]"))
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    fn custom<T: Display>(problem: T) -> Self {
        Self {
            path: String::new(),
            problem: problem.to_string(),
        }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = type_name(&unexpected);
        let expected = in_plain_words(expected);
        Self::custom(format!("invalid type: {found}, expected {expected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = type_name(&unexpected);
        let expected = in_plain_words(expected);
        Self::custom(format!("invalid value: {found}, expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!(
            "unknown value, expected one of {}",
            expected.join(", ")
        ))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        let is_top = expected.contains(&"issuers");
        let is_setting = |name: &&&str| !(REJECTED.contains(name) || is_top && **name == "secrets");
        let settings = expected.iter().filter(is_setting);
        let settings: Vec<_> = settings.map(|name| format!("`{name}`")).collect();
        let settings = settings.join(", ");
        Self::custom(format!(
            "unknown field `{name}`, expected one of {settings}"
        ))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::custom("is missing").in_table(name)
    }
}

/// The names that are read as secrets, which must not be in a configuration.
const REJECTED: [&str; 10] = [
    "bearer_token",
    "client_secret",
    "hmac_secret",
    "key",
    "keys",
    "password",
    "secret",
    "shared_secret",
    "token",
    "value",
];

/// Returns what is expected without the names that Rust and serde have for it.
fn in_plain_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, at least 0".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        _ => text,
    }
}

const fn type_name(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "floating point number",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "list",
        Unexpected::Map => "table",
        _ => "value",
    }
}
