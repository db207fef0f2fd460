//! Which answers are right.

/// The statuses that are right.
#[allow(clippy::struct_excessive_bools, reason = "a set of statuses")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) accepted: bool,
    pub(crate) rejected: bool,
    pub(crate) unavailable: bool,
    /// The key is not available, so that the request may wait for a fetch.
    pub(crate) waits: bool,
}

impl Allowed {
    pub(crate) const ACCEPTED: Self = Self {
        accepted: true,
        rejected: false,
        unavailable: false,
        waits: false,
    };
    pub(crate) const REFUSED: Self = Self {
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

    /// Whether the truth depends on what the server happened to know.
    pub(crate) const fn is_doubtful(self) -> bool {
        self.accepted && self.rejected
    }
}
