//! Events that could be logged very often.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The time between two events of one kind.
const INTERVAL: Duration = Duration::from_secs(60);

/// Limits the rate of an event about one thing: the first is logged, then at most one each minute.
/// It lives with what the event is about.
pub(crate) struct LogLimit(Mutex<State>);

/// Limits the rate of an event about each of several things, which the program determines and no
/// caller.
pub(super) struct RateLimit(Mutex<Vec<(&'static str, State)>>);

struct State {
    last: Option<Instant>,
    suppressed: u64,
}

/// An event that is to be logged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// How many were not, since the last one. `None` for none.
    pub(super) suppressed: Option<u64>,
}

impl State {
    const NEW: Self = Self {
        last: None,
        suppressed: 0,
    };

    fn admit(&mut self, now: Instant) -> Option<Admitted> {
        let is_recent = |last| now.saturating_duration_since(last) < INTERVAL;
        if self.last.is_some_and(is_recent) {
            self.suppressed = self.suppressed.saturating_add(1);
            return None;
        }
        self.last = Some(now);
        let suppressed = std::mem::take(&mut self.suppressed);
        Some(Admitted {
            suppressed: (suppressed > 0).then_some(suppressed),
        })
    }
}

impl LogLimit {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State::NEW))
    }

    /// Returns `None` if an event is not to be logged.
    pub(super) fn admit(&self) -> Option<Admitted> {
        self.state().admit(Instant::now())
    }

    /// Has the next event logged: the fault is over, and that one will be of another.
    pub(crate) fn reset(&self) {
        *self.state() = State::NEW;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimit {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Returns `None` if an event is not to be logged.
    pub(super) fn admit(&self, about: &'static str) -> Option<Admitted> {
        self.admit_at(about, Instant::now())
    }

    fn admit_at(&self, about: &'static str, now: Instant) -> Option<Admitted> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, state)) = states.iter_mut().find(|(other, _)| *other == about) {
            return state.admit(now);
        }
        let mut state = State::NEW;
        let admitted = state.admit(now);
        states.push((about, state));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_is_logged_and_then_one_each_minute_with_the_number_of_others() {
        let (limit, start) = (RateLimit::new(), Instant::now());
        let admit = |about, seconds| limit.admit_at(about, start + Duration::from_secs(seconds));
        let admitted = |suppressed| Some(Admitted { suppressed });
        assert_eq!(
            [0, 1, 59, 60, 61, 120, 180].map(|seconds| admit("one", seconds)),
            [
                admitted(None),
                None,
                None,
                admitted(Some(2)),
                None,
                admitted(Some(1)),
                admitted(None)
            ]
        );
        assert_eq!(admit("another", 181), admitted(None));
    }
}
