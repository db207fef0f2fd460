//! The circuit breaker: after repeated failures, requests don't wait for an outage to end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many operations in a row must fail for the circuit to open.
const MAX_FAILURES: u32 = 5;

/// How long nothing is sent then.
const OPEN_TIME: Duration = Duration::from_secs(1);

/// Clones share their state.
#[derive(Clone, Default)]
pub(super) struct Breaker {
    state: Arc<Mutex<State>>,
}

/// The states of the usual pattern: closed, open, half-open.
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One operation tries whether the server is back; the others send nothing.
    Probing,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// What the outcome of an operation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    /// The circuit has opened, or stays open after a probe.
    Opened {
        is_first: bool,
    },
    /// The server is back.
    Closed,
}

/// The permission for one operation. Dropped without an outcome, because its request was cancelled,
/// a probe makes way for the next one.
#[derive(Debug)]
pub(super) struct Permit {
    breaker: Option<Breaker>,
    is_probe: bool,
}

impl Breaker {
    /// Returns `None` while nothing may be sent.
    pub(super) fn permit(&self) -> Option<Permit> {
        let mut state = self.lock();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= Instant::now() => true,
            State::Open { .. } | State::Probing => return None,
        };
        if is_probe {
            *state = State::Probing;
        }
        drop(state);
        Some(Permit {
            breaker: Some(self.clone()),
            is_probe,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.lock(), State::Closed { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, is_probe: bool, is_success: bool) -> Change {
        let mut state = self.lock();
        let (next, change) = match (&*state, is_success) {
            (State::Closed { .. }, true) => (State::default(), Change::None),
            (State::Closed { failures }, false) => failed(failures.saturating_add(1)),
            // An operation from before the circuit opened says nothing of the server now.
            (State::Open { .. } | State::Probing, _) if !is_probe => return Change::None,
            (State::Open { .. } | State::Probing, true) => (State::default(), Change::Closed),
            (State::Open { .. } | State::Probing, false) => {
                (open(), Change::Opened { is_first: false })
            }
        };
        *state = next;
        change
    }

    /// Lets the next operation probe.
    fn abandon_probe(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Probing) {
            *state = State::Open {
                until: Instant::now(),
            };
        }
    }
}

fn failed(failures: u32) -> (State, Change) {
    if failures < MAX_FAILURES {
        return (State::Closed { failures }, Change::None);
    }
    (open(), Change::Opened { is_first: true })
}

fn open() -> State {
    let now = Instant::now();
    State::Open {
        until: now.checked_add(OPEN_TIME).unwrap_or(now),
    }
}

impl Permit {
    /// Records the outcome.
    pub(super) fn record(mut self, is_success: bool) -> Change {
        let breaker = self.breaker.take();
        breaker.map_or(Change::None, |breaker| {
            breaker.record(self.is_probe, is_success)
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(breaker) = self.breaker.take().filter(|_| self.is_probe) {
            breaker.abandon_probe();
        }
    }
}

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breaker")
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn record(breaker: &Breaker, is_success: bool) -> Change {
        breaker.permit().unwrap().record(is_success)
    }

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..4 {
            assert_eq!(record(&breaker, false), Change::None);
        }
        assert_eq!(record(&breaker, false), Change::Opened { is_first: true });
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_the_circuit_for_a_second() {
        let breaker = opened();
        assert!(!breaker.is_closed());
        for _ in 0..10 {
            assert!(breaker.permit().is_none());
        }
        advance(Duration::from_millis(999)).await;
        assert!(breaker.permit().is_none());
        advance(Duration::from_millis(1)).await;
        assert!(breaker.permit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_in_between_keeps_it_closed() {
        let breaker = Breaker::default();
        for _ in 0..10 {
            for _ in 0..4 {
                assert_eq!(record(&breaker, false), Change::None);
            }
            assert_eq!(record(&breaker, true), Change::None);
        }
        assert!(breaker.is_closed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_decides_whether_it_closes() {
        let breaker = opened();
        for _ in 0..3 {
            advance(OPEN_TIME).await;
            let probe = breaker.permit().unwrap();
            assert!(breaker.permit().is_none(), "one at a time");
            assert_eq!(probe.record(false), Change::Opened { is_first: false });
            assert!(breaker.permit().is_none(), "for another second");
        }
        advance(OPEN_TIME).await;
        assert_eq!(breaker.permit().unwrap().record(true), Change::Closed);
        assert!(breaker.is_closed());
        for _ in 0..4 {
            assert_eq!(record(&breaker, false), Change::None, "counted anew");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_cancelled_makes_way_for_the_next() {
        let breaker = opened();
        advance(OPEN_TIME).await;
        drop(breaker.permit().unwrap());
        assert_eq!(breaker.permit().unwrap().record(true), Change::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn an_operation_from_before_the_circuit_opened_changes_nothing() {
        let breaker = Breaker::default();
        let early: Vec<_> = (0..4).map(|_| breaker.permit().unwrap()).collect();
        for _ in 0..5 {
            record(&breaker, false);
        }
        for (permit, is_success) in early.into_iter().zip([true, false, true, false]) {
            assert_eq!(permit.record(is_success), Change::None);
        }
        assert!(!breaker.is_closed() && breaker.permit().is_none());
    }
}
