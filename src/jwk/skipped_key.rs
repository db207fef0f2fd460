//! A key of a JWK set that is not used.

use std::fmt;

use serde::Serialize;

use super::SkipReason;

/// A key of a JWK set that is not used, and the reason.
///
/// Displays as `key "id"` and the reason. Serializes as an object of `key_id` and `reason`, the
/// latter as its display text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedKey {
    key_id: Option<String>,
    reason: SkipReason,
}

impl SkippedKey {
    pub(super) const fn new(key_id: Option<String>, reason: SkipReason) -> Self {
        Self { key_id, reason }
    }

    /// Returns the key id. `None` if the key has none, or one of more than 64 bytes.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Returns why the key is not used.
    #[must_use]
    pub const fn reason(&self) -> &SkipReason {
        &self.reason
    }
}

/// Names the key, then the reason.
impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key_id {
            Some(id) => write!(f, "key {id:?} {}", self.reason),
            None => write!(f, "a key without an id of at most 64 bytes {}", self.reason),
        }
    }
}
