//! Epochs of the wall clock: each lasts until the clock steps back.

use std::time::Duration;

use super::sync::{AtomicU64, Ordering};

/// The difference between two threads' readings of the clock that does not count as a step back. A
/// thread may be suspended between reading the clock and using its time.
pub(super) const JITTER: Duration = Duration::from_secs(1);

/// The bits that hold the latest second, which last until the year 36,000.
const SECOND_BITS: u32 = 40;

/// Numbers the epochs.
///
/// The age of an entry is measured with the wall clock, which every request reads anyway. After a
/// step back that age is unknown, so entries of an earlier epoch are not used.
///
/// Holds the number of the epoch, and in the lower bits the latest second that was seen in it.
#[derive(Debug, Default)]
pub(super) struct Epoch(AtomicU64);

impl Epoch {
    /// Returns the epoch of `now`, which was read from the clock just before. Begins a new epoch if
    /// the clock has stepped back.
    pub(super) fn at(&self, now: Duration) -> u64 {
        let seen = self.update(|seen| next(seen, now));
        next(seen, now) >> SECOND_BITS
    }

    /// Returns the epoch of `then`, which was read from the clock some time ago. `None` if a time
    /// later by more than `JITTER` was seen since: the clock may have stepped back in between.
    pub(super) fn of(&self, then: Duration) -> Option<u64> {
        let within =
            |seen| Some(next(seen, then)).filter(|new| new >> SECOND_BITS == seen >> SECOND_BITS);
        let seen = self.update(|seen| within(seen).unwrap_or(seen));
        within(seen).map(|new| new >> SECOND_BITS)
    }

    /// Returns the former value. Writes only a changed one, so that the cache line stays shared.
    fn update(&self, next: impl Fn(u64) -> u64) -> u64 {
        let changed = |seen| Some(next(seen)).filter(|new| *new != seen);
        // Relaxed: epoch and second are in one atomic, and no other data is published with it.
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed)
            .unwrap_or_else(|unchanged| unchanged)
    }
}

/// Returns epoch and latest second after the clock has shown `now`.
fn next(seen: u64, now: Duration) -> u64 {
    let (epoch, latest) = (seen >> SECOND_BITS, seen & !(u64::MAX << SECOND_BITS));
    // Saturates: a custom clock may show any time.
    let (epoch, latest) = if now.saturating_add(JITTER).as_secs() < latest {
        // Wraps after 16 million steps back, which no entry outlasts.
        (epoch.wrapping_add(1), now.as_secs())
    } else {
        (epoch, latest.max(now.as_secs()))
    };
    epoch << SECOND_BITS | latest & !(u64::MAX << SECOND_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &Epoch, seconds: u64) -> u64 {
        epoch.at(Duration::from_secs(seconds))
    }

    #[test]
    fn the_epoch_stays_the_same_while_the_clock_moves_forward() {
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
    fn threads_that_notice_the_same_step_back_begin_one_epoch() {
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
        assert_eq!(at(&epoch, 501), 2, "the late reading did no harm");
    }

    #[test]
    fn a_time_that_was_read_before_a_step_back_leaves_an_epoch_that_ends() {
        let epoch = Epoch::default();
        assert_eq!([at(&epoch, 1000), at(&epoch, 500)], [0, 1]);
        let late = at(&epoch, 1000);
        assert_ne!(at(&epoch, 501), late);
    }

    #[test]
    fn extreme_times_do_no_harm() {
        let epoch = Epoch::default();
        assert_eq!(
            [Duration::MAX, Duration::ZERO, Duration::MAX].map(|now| epoch.at(now)),
            [0, 1, 1]
        );
    }
}
