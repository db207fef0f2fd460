//! Detection of a clock that was set back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// By how much two threads that read the clock one after the other may seem to disagree.
pub(super) const JITTER: Duration = Duration::from_secs(1);
/// The number of bits for seconds: enough until the year 36,000.
const SECONDS: u32 = 40;

/// A counter of the steps of the system clock backwards.
///
/// Ages of entries are measured with the system clock, which has to be read anyway. After a step
/// back they can't be measured any more, so entries that were cached before belong to another
/// epoch.
///
/// Holds the latest second that was seen, and above it the number of the epoch.
#[derive(Debug, Default)]
pub(super) struct Epoch(AtomicU64);

impl Epoch {
    /// Returns the epoch at `now`, which the clock has just shown.
    pub(super) fn at(&self, now: Duration) -> u64 {
        let after = self.update(|seen| next(seen, now));
        next(after, now) >> SECONDS
    }

    /// Returns the epoch at `then`, which the clock showed some time ago. `None` if it can't be
    /// told, because others have seen a step since.
    pub(super) fn of(&self, then: Duration) -> Option<u64> {
        let within = |seen| Some(next(seen, then)).filter(|new| new >> SECONDS == seen >> SECONDS);
        let after = self.update(|seen| within(seen).unwrap_or(seen));
        within(after).map(|same| same >> SECONDS)
    }

    /// Returns the value before. Writes only a value that differs.
    ///
    /// `Relaxed` is enough: the epoch is one atomic value, and no other memory is published through
    /// it.
    fn update(&self, next: impl Fn(u64) -> u64) -> u64 {
        let changed = |seen| Some(next(seen)).filter(|new| *new != seen);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed)
            .unwrap_or_else(|same| same)
    }
}

fn next(seen: u64, now: Duration) -> u64 {
    let (epoch, latest) = (seen >> SECONDS, seen & !(u64::MAX << SECONDS));
    let (epoch, latest) = if now.saturating_add(JITTER).as_secs() < latest {
        (epoch.wrapping_add(1), now.as_secs())
    } else {
        (epoch, latest.max(now.as_secs()))
    };
    epoch << SECONDS | latest & !(u64::MAX << SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &Epoch, seconds: u64) -> u64 {
        epoch.at(Duration::from_secs(seconds))
    }

    #[test]
    fn the_epoch_stays_the_same_while_time_advances() {
        let epoch = Epoch::default();
        assert_eq!(
            [0, 1, 1_000_000, 999_999, 1_000_000, 2_000_000].map(|now| at(&epoch, now)),
            [0; 6]
        );
    }

    #[test]
    fn each_step_back_begins_a_new_epoch() {
        let epoch = Epoch::default();
        assert_eq!(
            [1000, 900, 900, 901, 998, 500, 1000].map(|now| at(&epoch, now)),
            [0, 1, 1, 1, 1, 2, 2]
        );
    }

    #[test]
    fn all_threads_see_a_step_back_as_one() {
        let epoch = Epoch::default();
        at(&epoch, 1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| assert_eq!(at(&epoch, 500), 1)));
            }
        });
    }

    #[test]
    fn a_time_that_was_read_long_ago_begins_no_epoch_and_belongs_to_none() {
        let epoch = Epoch::default();
        let of = |seconds| epoch.of(Duration::from_secs(seconds));
        assert_eq!(
            (of(1000), at(&epoch, 1010), of(1005), of(1009), of(1020)),
            (Some(0), 0, None, Some(0), Some(0))
        );
        assert_eq!(
            (at(&epoch, 1019), at(&epoch, 500), of(1020), of(400)),
            (0, 1, Some(1), None)
        );
        assert_eq!(at(&epoch, 501), 2, "the late one had no effect");
    }

    #[test]
    fn a_time_that_was_read_before_the_step_begins_an_epoch_that_ends() {
        let epoch = Epoch::default();
        assert_eq!([at(&epoch, 1000), at(&epoch, 500)], [0, 1]);
        let late = at(&epoch, 1000);
        assert_ne!(at(&epoch, 501), late);
    }

    #[test]
    fn times_beyond_the_range_are_harmless() {
        let epoch = Epoch::default();
        assert_eq!(
            [Duration::MAX, Duration::ZERO, Duration::MAX].map(|now| epoch.at(now)),
            [0, 1, 1]
        );
    }
}
