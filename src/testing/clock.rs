//! A clock that stands still.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;

/// A clock that moves only when told to.
///
/// Clones show the same time, so a test keeps one and hands the other to the code under test.
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::Clock;
/// use tower_jwt_auth::testing::TestClock;
///
/// let clock = TestClock::now_fixed();
/// let handed_over = clock.clone();
/// let before = handed_over.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(handed_over.now(), before + Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// A clock that shows `time`.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// A clock stopped at the present moment.
    #[must_use]
    pub fn now_fixed() -> Self {
        Self::new(SystemTime::now())
    }

    /// Moves the time forward.
    ///
    /// # Panics
    /// If that is later than the operating system can express.
    pub fn advance(&self, by: Duration) {
        let later = self
            .now()
            .checked_add(by)
            .expect("TestClock: `advance` leaves the range of `SystemTime`");
        self.set(later);
    }

    /// Shows `time` from now on, be it later or earlier.
    pub fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
