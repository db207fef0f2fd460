//! What an entry applies to.

use std::time::Duration;

use super::time::{MARGIN, Millis};

/// What an entry applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// One token, by its `jti`.
    Token,
    /// One token without `jti`, by its claims or its hash.
    Text,
    /// The tokens of a subject.
    Subject,
    /// Those tokens of a subject that name no session.
    SubjectWithoutSession,
    Session,
    Client,
    Issuer,
}

/// An entry without its digest: its kind, and when a token expires, or the time before which tokens
/// were issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) time: Millis,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Token,
        Self::Text,
        Self::Subject,
        Self::SubjectWithoutSession,
        Self::Session,
        Self::Client,
        Self::Issuer,
    ];

    /// Returns a number below 8.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Token => 0,
            Self::Text => 1,
            Self::Subject => 2,
            Self::SubjectWithoutSession => 3,
            Self::Session => 4,
            Self::Client => 5,
            Self::Issuer => 6,
        }
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Returns whether it is one token.
    pub(super) const fn is_token(self) -> bool {
        matches!(self, Self::Token | Self::Text)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Token | Self::Text => "token",
            Self::Subject => "subject",
            Self::SubjectWithoutSession => "subject without session",
            Self::Session => "session",
            Self::Client => "client",
            Self::Issuer => "issuer",
        }
    }
}

impl Entry {
    /// Returns the entry as one number. Of two entries of a kind, the later one is greater.
    pub(super) fn pack(self) -> u64 {
        // `Millis` leaves the upper bits free.
        (self.time.0 << 3) | u64::from(self.kind.number())
    }

    pub(super) fn unpack(packed: u64) -> Self {
        let number = packed & 7;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| u64::from(kind.number()) == number);
        debug_assert!(kind.is_some(), "made by `pack`");
        Self {
            kind: kind.unwrap_or(Kind::Issuer),
            time: Millis(packed >> 3),
        }
    }

    /// Returns when the entry ends: when the last token that it applies to has expired, and the
    /// margin is over. Until then, no token lives longer than `max_lifetime`.
    pub(super) fn end(self, max_lifetime: Duration) -> Millis {
        if self.kind.is_token() {
            self.time.plus(MARGIN)
        } else {
            self.time.plus(max_lifetime.saturating_add(MARGIN))
        }
    }

    /// Returns whether the entry applies to a token with this `iat`, whose id it has. One without
    /// `iat` counts as issued before.
    pub(super) fn applies_to(self, issued_at: Option<Duration>) -> bool {
        self.kind.is_token() || issued_at.is_none_or(|iat| iat < self.time.to_duration())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_packed_without_loss() {
        for kind in Kind::ALL {
            for time in [0, 1, 1_700_000_000_123, 1 << 48].map(Millis) {
                let entry = Entry { kind, time };
                assert_eq!(Entry::unpack(entry.pack()), entry);
            }
        }
    }

    #[test]
    fn the_later_of_two_entries_is_greater() {
        let pack = |time| {
            let kind = Kind::Session;
            let time = Millis(time);
            Entry { kind, time }.pack()
        };
        assert!(pack(1) < pack(2) && pack(2) < pack(1 << 48));
    }

    #[test]
    fn an_entry_applies_to_tokens_that_were_issued_before() {
        let session = Entry {
            kind: Kind::Session,
            time: Millis(2000),
        };
        assert!(session.applies_to(Some(Duration::from_millis(1999))));
        assert!(!session.applies_to(Some(Duration::from_secs(2))));
        assert!(session.applies_to(None));
        let kind = Kind::Token;
        assert!(Entry { kind, ..session }.applies_to(Some(Duration::from_secs(9))));
    }
}
