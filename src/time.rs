//! Where the time of day comes from.

use std::fmt;
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
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
