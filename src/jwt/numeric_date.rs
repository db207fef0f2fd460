//! `NumericDate`: seconds since 1970 as a JSON number, with or without a fraction (RFC 7519 §2).

use std::time::Duration;

/// The end of the year 9999. Later dates are mistakes, such as milliseconds.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// A time since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(pub(crate) Duration);

impl NumericDate {
    pub(super) fn of_integer(seconds: u64) -> Option<Self> {
        Self::within(Duration::from_secs(seconds))
    }

    pub(super) fn of_float(seconds: f64) -> Option<Self> {
        Self::within(Duration::try_from_secs_f64(seconds).ok()?)
    }

    fn within(date: Duration) -> Option<Self> {
        (date <= LATEST).then_some(Self(date))
    }
}
