//! The error of a list that is full.

use std::fmt;

/// A revocation was not stored: the list is full.
///
/// [`WhenRevocationsFull`](crate::WhenRevocationsFull) says what becomes of the tokens that it
/// applies to. Displays the setting to raise. Contains nothing of the revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationsFull {
    max_entries: usize,
}

impl RevocationsFull {
    pub(super) const fn new(max_entries: usize) -> Self {
        Self { max_entries }
    }
}

impl fmt::Display for RevocationsFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = self.max_entries;
        write!(
            f,
            "the list of revocations is full: raise its max_entries, which is {max}"
        )
    }
}

impl std::error::Error for RevocationsFull {}
