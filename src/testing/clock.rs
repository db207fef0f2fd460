//! A clock that tests control.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;

/// A clock that moves only when it is told to.
///
/// Clones show the same time: a test keeps one and gives another to the code under test.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::Clock;
/// use tower_jwt_auth::testing::TestClock;
///
/// let clock = TestClock::frozen();
/// let clone = clock.clone();
/// let before = clone.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clone.now(), before + Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// Returns a clock that shows `time`.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Returns a clock that shows the current time and stands still.
    #[must_use]
    pub fn frozen() -> Self {
        Self::new(SystemTime::now())
    }

    /// Moves the clock forward.
    ///
    /// # Panics
    ///
    /// If `SystemTime` can't express the result.
    pub fn advance(&self, by: Duration) {
        let later = self
            .now()
            .checked_add(by)
            .expect("TestClock: `advance` leaves the range of `SystemTime`");
        self.set(later);
    }

    /// Sets the time that the clock shows. It may be earlier than the present one.
    pub fn set(&self, time: SystemTime) {
        // A poisoned lock is usable: a `SystemTime` is never half written.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
