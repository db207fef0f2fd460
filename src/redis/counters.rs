//! What is counted for health.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::failure::Failure;

#[derive(Default)]
pub(super) struct Counters {
    answered: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    from_memory: AtomicU64,
    last_failure: Mutex<Option<Failure>>,
}

impl Counters {
    /// Counts an operation.
    pub(super) fn count(&self, failure: Option<Failure>) {
        match failure {
            None => add(&self.answered),
            // Not the reason of the outage.
            Some(Failure::CircuitOpen) => return add(&self.skipped),
            Some(_) => add(&self.failed),
        }
        // The common case takes the lock for a comparison.
        let mut last = self.lock();
        if *last != failure {
            *last = failure;
        }
    }

    /// Counts an answer by this instance's memory.
    pub(super) fn count_memory(&self) {
        add(&self.from_memory);
    }

    pub(super) fn answered(&self) -> u64 {
        get(&self.answered)
    }

    pub(super) fn failed(&self) -> u64 {
        get(&self.failed)
    }

    pub(super) fn skipped(&self) -> u64 {
        get(&self.skipped)
    }

    pub(super) fn answered_by_memory(&self) -> u64 {
        get(&self.from_memory)
    }

    /// Returns why the last operation that was sent failed. `None` if it was answered.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Failure>> {
        self.last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

// Relaxed: the counters are for display, and nothing else depends on them.
fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
