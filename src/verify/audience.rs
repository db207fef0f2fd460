//! The audience that tokens must name.

/// The audiences of a service, one of which the `aud` claim must contain (RFC 7519 §4.1.3).
///
/// Strings, and lists of strings, convert into it. Compared byte by byte. An empty list or an empty
/// name is rejected when the layer is built:
/// [`EmptyAudience`](crate::ConfigErrorKind::EmptyAudience).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Audience, Issuer};
///
/// let one = Issuer::discovery("https://login.example.com/", "https://api.example.com");
///
/// // A service that is known under two names: either is enough.
/// let audience = Audience::from(["https://api.example.com", "https://api.example.org"]);
/// let two = Issuer::discovery("https://login.example.com/", audience);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    any_of: Vec<String>,
}

impl Audience {
    pub(super) fn as_slice(&self) -> &[String] {
        &self.any_of
    }

    /// Returns whether there are no names, or one of them is empty.
    pub(super) fn has_empty(&self) -> bool {
        self.any_of.is_empty() || self.any_of.iter().any(String::is_empty)
    }
}

impl From<&str> for Audience {
    fn from(name: &str) -> Self {
        Self::from([name])
    }
}

impl From<String> for Audience {
    fn from(name: String) -> Self {
        Self { any_of: vec![name] }
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
        Self {
            any_of: names.into_iter().map(Into::into).collect(),
        }
    }
}
