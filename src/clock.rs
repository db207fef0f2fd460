//! The clock that `exp`, `nbf` and `iat` are compared with.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A source of the current time, for the checks of `exp`, `nbf` and `iat`.
///
/// The ages of cached keys do not use it: they are measured with a monotonic clock.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_jwt_auth::Clock;
///
/// #[derive(Debug)]
/// struct Fixed;
///
/// impl Clock for Fixed {
///     fn now(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time.
    ///
    /// Called at least once for every token, and again after each wait.
    fn now(&self) -> SystemTime;
}

/// The operating system's clock, [`SystemTime::now`]. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Returns the time since 1970. A clock set to before 1970 counts as 1970: every token whose `nbf`
/// or `iat` is later than 1970 by more than the leeway is then rejected as not yet valid.
pub(crate) fn since_epoch(clock: &dyn Clock) -> Duration {
    clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        #[derive(Debug)]
        struct Early;
        impl Clock for Early {
            fn now(&self) -> SystemTime {
                SystemTime::UNIX_EPOCH - Duration::from_secs(1)
            }
        }
        assert_eq!(since_epoch(&Early), Duration::ZERO);
    }

    #[test]
    fn the_default_clock_is_the_system_clock() {
        let before = SystemTime::now();
        let now = SystemClock.now();
        assert!(before <= now && now <= SystemTime::now());
    }
}
