//! Events that each request could cause.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two events of one kind.
const INTERVAL: Duration = Duration::from_secs(60);

/// Limits the rate of an event: the first is logged, then at most one each minute.
pub(super) struct RateLimit(Mutex<State>);

struct State {
    last: Option<Instant>,
    suppressed: u64,
}

impl RateLimit {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State {
            last: None,
            suppressed: 0,
        }))
    }

    /// Returns `None` if an event is not to be logged, else how many were not, since the last one.
    /// The inner `None` stands for none.
    #[expect(clippy::option_option, reason = "an optional field of an event")]
    pub(super) fn admit(&self) -> Option<Option<u64>> {
        self.admit_at(Instant::now())
    }

    #[expect(clippy::option_option, reason = "an optional field of an event")]
    fn admit_at(&self, now: Instant) -> Option<Option<u64>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |last: Instant| now.saturating_duration_since(last) < INTERVAL;
        if state.last.is_some_and(is_recent) {
            state.suppressed = state.suppressed.saturating_add(1);
            return None;
        }
        state.last = Some(now);
        let suppressed = std::mem::take(&mut state.suppressed);
        Some((suppressed > 0).then_some(suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_is_logged_and_then_one_each_minute_with_the_number_of_others() {
        let (limit, start) = (RateLimit::new(), Instant::now());
        let admit = |seconds| limit.admit_at(start + Duration::from_secs(seconds));
        assert_eq!(
            [0, 1, 59, 60, 61, 120, 180].map(admit),
            [
                Some(None),
                None,
                None,
                Some(Some(2)),
                None,
                Some(Some(1)),
                Some(None)
            ]
        );
    }
}
