//! What a list that is not up to date means.

use std::time::Duration;

/// What becomes of a request whose token is not in the list, while the list is not up to date with
/// its store: nothing was heard of the store for longer than
/// [`max_staleness`](crate::RevocationSettings::max_staleness), so revocations may be missing. There
/// is no default.
///
/// A token that is in the list is rejected with 401 in any case. Before the list was loaded for the
/// first time, nothing is known, and each request with another token gets 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnStaleRevocations {
    /// Fails closed: rejects the request with 503 and `Retry-After`, gRPC `UNAVAILABLE`
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)). Recommended.
    Reject,
    /// Fails open for a time: accepts the request until this long after the list was last up to
    /// date, then rejects it as [`Reject`](Self::Reject). Must be longer than `max_staleness`.
    /// Maximum: 366 days.
    UseLastKnownFor(Duration),
}

impl OnStaleRevocations {
    /// Returns what an event says.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Reject => "requests get 503",
            Self::UseLastKnownFor(_) => "the last known list is used",
        }
    }
}
