//! Conversions into the default rule: `aud` contains one of these names.

use super::Audience;
use crate::jwt::AudRule;

impl From<&str> for Audience {
    fn from(name: &str) -> Self {
        Self::from([name])
    }
}

impl From<String> for Audience {
    fn from(name: String) -> Self {
        Self::new(AudRule::AnyOf(vec![name]))
    }
}

impl From<&String> for Audience {
    fn from(name: &String) -> Self {
        Self::from([name])
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Audience {
    fn from(names: [T; N]) -> Self {
        names.into_iter().collect()
    }
}

impl<T: Into<String>> From<Vec<T>> for Audience {
    fn from(names: Vec<T>) -> Self {
        names.into_iter().collect()
    }
}

impl<T: Into<String>> FromIterator<T> for Audience {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self::new(AudRule::AnyOf(names.into_iter().map(Into::into).collect()))
    }
}
