//! Times as milliseconds since 1970, the form in which entries have them.

use std::time::{Duration, SystemTime};

/// How long an entry stays after the last token that it applies to has expired: an hour, the longest
/// leeway that a layer can have, and 5 minutes for a clock that is set back.
pub(super) const MARGIN: Duration = Duration::from_secs(65 * 60);

/// How far in the future the time before which tokens were issued may be: a layer accepts none whose
/// `iat` is later than that.
pub(super) const MAX_AHEAD: Duration = Duration::from_secs(60 * 60);

/// A time in milliseconds since 1970, up to the year 9999 and some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Millis(pub(super) u64);

impl Millis {
    /// Later than any date of a token. Leaves the upper bits free.
    const MAX: u64 = 1 << 48;

    /// Rounds up: an entry must not end, or apply to tokens, too early.
    pub(super) fn from_duration(since_epoch: Duration) -> Self {
        let millis = since_epoch.as_nanos().div_ceil(1_000_000);
        Self(u64::try_from(millis).map_or(Self::MAX, |millis| millis.min(Self::MAX)))
    }

    /// A time before 1970 counts as 1970.
    pub(super) fn from_time(time: SystemTime) -> Self {
        Self::from_duration(since_epoch(time))
    }

    pub(super) fn plus(self, duration: Duration) -> Self {
        Self::from_duration(self.to_duration().saturating_add(duration))
    }

    pub(super) const fn to_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// Returns the time since 1970. A time before 1970 counts as 1970.
pub(super) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_and_bounded() {
        let millis = |nanos| Millis::from_duration(Duration::from_nanos(nanos));
        assert_eq!(millis(0), Millis(0));
        assert_eq!(millis(1), Millis(1));
        assert_eq!(millis(1_000_000), Millis(1));
        assert_eq!(millis(1_000_001), Millis(2));
        assert_eq!(Millis::from_duration(Duration::MAX), Millis(Millis::MAX));
        assert_eq!(Millis(5).plus(Duration::MAX), Millis(Millis::MAX));
    }

    #[test]
    fn a_time_before_1970_counts_as_1970() {
        let time = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(Millis::from_time(time), Millis(0));
    }
}
