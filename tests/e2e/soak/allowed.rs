//! The statuses that are right for a request.

/// The statuses that are right.
#[allow(clippy::struct_excessive_bools, reason = "a set of statuses")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) accepted: bool,
    pub(crate) rejected: bool,
    pub(crate) unavailable: bool,
    /// The key may not be cached, so the request may wait for a fetch.
    pub(crate) waits: bool,
}

impl Allowed {
    pub(crate) const ACCEPTED: Self = Self {
        accepted: true,
        rejected: false,
        unavailable: false,
        waits: false,
    };
    pub(crate) const REJECTED: Self = Self {
        accepted: false,
        rejected: true,
        unavailable: false,
        waits: true,
    };

    pub(crate) const fn or(self, other: Self) -> Self {
        Self {
            accepted: self.accepted || other.accepted,
            rejected: self.rejected || other.rejected,
            unavailable: self.unavailable || other.unavailable,
            waits: self.waits || other.waits,
        }
    }

    /// Returns whether the right status depends on what the server has fetched so far.
    pub(crate) const fn is_doubtful(self) -> bool {
        self.accepted && self.rejected
    }
}
