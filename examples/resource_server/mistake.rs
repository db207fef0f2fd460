//! What is wrong with the options.

use std::fmt;

/// A mistake in the options, as one line for people.
#[derive(Debug)]
pub(crate) struct Mistake(String);

impl Mistake {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<lexopt::Error> for Mistake {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// One line, whatever the options hold.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace(char::is_control, "?"))
    }
}
