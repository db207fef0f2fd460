//! Errors of deserialization that hold no value.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// The maximum length in characters of what a type says about itself.
const MAX_LEN: usize = 200;

/// Why claims do not fit their type: names of the type's own fields, JSON types, and what the type
/// expects. No value, and no name of a member of the token.
///
/// The texts of serde quote values (`invalid type: string "…"`), so they are not used. Nor is the
/// text of an error that a type makes itself, which can hold any value.
#[derive(Debug, Default)]
pub(super) struct Cause {
    /// `None`: an error that the type has made itself.
    problem: Option<String>,
    /// A field of the type, which the error is in.
    field: Option<&'static str>,
}

impl Cause {
    fn new(problem: &str) -> Self {
        let problem = problem.chars().filter(|c| !c.is_control());
        Self {
            problem: Some(problem.take(MAX_LEN).collect()),
            field: None,
        }
    }

    /// Sets the field, unless it is in another one.
    pub(super) fn in_field(mut self, field: &'static str) -> Self {
        self.field = self.field.or(Some(field));
        self
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Some(problem) => f.write_str(problem)?,
            None => f.write_str("the claims do not fit the claims type")?,
        }
        match self.field {
            Some(field) => write!(f, " (field `{field}`)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Cause {}

impl Error for Cause {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::default()
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(&format!("{}, expected {expected}", json_type(found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(&format!("another value, expected {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(&format!("another length, expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(&format!("an unknown variant, {}", one_of(expected)))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(&format!("an unknown field, {}", one_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(&format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(&format!("duplicate field `{field}`"))
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "expected none".to_owned(),
        [name] => format!("expected `{name}`"),
        names => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("expected one of {}", names.join(", "))
        }
    }
}

const fn json_type(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => "another type",
    }
}
