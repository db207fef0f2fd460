//! Whether claims meet a rule.

/// Whether claims meet a rule. Of an unknown outcome, the negation is unknown, too: so a claim that
/// is absent, or of another type, meets neither a rule nor its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Met,
    NotMet,
    Unknown,
}

impl Outcome {
    pub(super) fn is_met(self) -> bool {
        self == Self::Met
    }

    pub(super) const fn not(self) -> Self {
        match self {
            Self::Met => Self::NotMet,
            Self::NotMet => Self::Met,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Returns whether both are met.
    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotMet, _) | (_, Self::NotMet) => Self::NotMet,
            (Self::Met, Self::Met) => Self::Met,
            _ => Self::Unknown,
        }
    }

    /// Returns whether one of both is met.
    pub(super) const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

impl From<bool> for Outcome {
    fn from(is_met: bool) -> Self {
        if is_met { Self::Met } else { Self::NotMet }
    }
}
