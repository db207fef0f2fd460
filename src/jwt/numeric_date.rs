//! `NumericDate`: seconds since 1970 as a JSON number, with or without a fraction (RFC 7519 §2).

use std::time::{Duration, SystemTime};

/// The end of the year 9999. Later dates are mistakes, such as milliseconds.
const MAX: Duration = Duration::from_secs(253_402_300_799);

/// A date as the time since 1970, up to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(pub(crate) Duration);

impl NumericDate {
    pub(super) fn of_integer(seconds: u64) -> Option<Self> {
        Self::of(Duration::from_secs(seconds))
    }

    pub(super) fn of_float(seconds: f64) -> Option<Self> {
        Self::of(Duration::try_from_secs_f64(seconds).ok()?)
    }

    fn of(date: Duration) -> Option<Self> {
        (date <= MAX).then_some(Self(date))
    }

    /// Returns the date as a system time. `None` if the platform can't represent the year 9999;
    /// those that Rust supports can.
    pub(super) fn to_system_time(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(self.0)
    }
}
