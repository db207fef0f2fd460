//! Where the time of day comes from.

use std::fmt;
#[cfg(any(target_os = "linux", test))]
use std::time::Duration;
use std::time::SystemTime;

/// The time of day, against which `exp`, `nbf` and `iat` are checked.
///
/// Lifetimes of cached keys don't use it: they are monotonic.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_jwt_auth::Clock;
///
/// #[derive(Debug)]
/// struct Fixed;
/// impl Clock for Fixed {
///     fn now(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> SystemTime;
}

/// The operating system's clock: the default.
///
/// On Linux it is the one that the kernel keeps at hand, `CLOCK_REALTIME_COARSE`: read in a third of the time, and a tick
/// behind, which is 1 to 10 ms.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        #[cfg(target_os = "linux")]
        if let Some(now) = coarse() {
            return now;
        }
        SystemTime::now()
    }
}

/// None where there is no such clock, or before 1970.
#[cfg(target_os = "linux")]
fn coarse() -> Option<SystemTime> {
    let now = nix::time::ClockId::CLOCK_REALTIME_COARSE.now().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_clock_tells_the_time_of_day_and_is_not_ahead() {
        // More than a tick, which may come late on a busy machine.
        let tick = Duration::from_millis(500);
        let before = SystemTime::now();
        let now = SystemClock.now();
        let after = SystemTime::now();
        assert!(before - tick <= now && now <= after, "{before:?} {now:?} {after:?}");
    }
}
