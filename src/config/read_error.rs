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
        Self::custom(format!("invalid type: {found}, expected {expected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = type_name(&unexpected);
        Self::custom(format!("invalid value: {found}, expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!(
            "unknown value, expected one of {}",
            expected.join(", ")
        ))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::custom("is missing").in_table(name)
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
