//! Where the time of day comes from.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

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
/// On Linux it is the one that the kernel keeps at hand, `CLOCK_REALTIME_COARSE`: read in a third of the time, and a
/// tick behind, which is 1 to 10 ms.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        coarse()
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
            .unwrap_or_else(SystemTime::now)
    }
}

/// None where there is no such clock.
#[cfg(target_os = "linux")]
fn coarse() -> Option<Duration> {
    // Before 1970 it is so large that no time can be made of it.
    nix::time::ClockId::CLOCK_REALTIME_COARSE
        .now()
        .ok()
        .map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
const fn coarse() -> Option<Duration> {
    None
}

/// The clock that was chosen.
#[derive(Clone)]
pub(crate) enum TimeOfDay {
    /// [`SystemClock`], asked without a detour: a remembered token takes so little that making a time and taking it
    /// apart again would show.
    System,
    Of(Arc<dyn Clock>),
}

impl TimeOfDay {
    /// The time since 1970; none before it.
    #[inline]
    pub(crate) fn now(&self) -> Duration {
        let now = match self {
            Self::System => match coarse().filter(|since| since.as_secs() <= FAR) {
                Some(since) => return since,
                None => SystemTime::now(),
            },
            Self::Of(clock) => clock.now(),
        };
        now.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }
}

/// The year 36,000, in seconds since 1970: more is a time before 1970 that was taken for one without a sign.
const FAR: u64 = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_clock_tells_the_time_of_day_and_is_not_ahead() {
        // More than a tick, which may come late on a busy machine.
        let tick = Duration::from_millis(500);
        let before = SystemTime::now();
        let times = [
            SystemClock.now(),
            SystemTime::UNIX_EPOCH + TimeOfDay::System.now(),
        ];
        let after = SystemTime::now();
        assert!(
            times
                .iter()
                .all(|now| before - tick <= *now && *now <= after),
            "{before:?} {times:?} {after:?}"
        );
    }

    #[test]
    fn a_clock_before_1970_is_taken_for_1970() {
        #[derive(Debug)]
        struct Early;
        impl Clock for Early {
            fn now(&self) -> SystemTime {
                SystemTime::UNIX_EPOCH - Duration::from_secs(1)
            }
        }
        assert_eq!(TimeOfDay::Of(Arc::new(Early)).now(), Duration::ZERO);
    }
}
