//! `NumericDate`: seconds since 1970 as a JSON number, with or without a fraction (RFC 7519 §2).

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The end of the year 9999. Later dates are mistakes, such as milliseconds.
const MAX: Duration = Duration::from_secs(253_402_300_799);

/// A date as the time since 1970, up to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(pub(crate) Duration);

impl NumericDate {
    fn new<E: Error>(date: Option<Duration>) -> Result<Self, E> {
        date.filter(|date| *date <= MAX)
            .map(Self)
            .ok_or_else(|| E::custom("the date is out of range"))
    }

    /// Returns the date as a system time. `None` if the platform can't represent the year 9999;
    /// those that Rust supports can.
    pub(super) fn to_system_time(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(self.0)
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // With `deserialize_f64`, serde_json visits integers as integers, and it visits numbers as
        // numbers even if another crate enables its feature `arbitrary_precision`.
        deserializer.deserialize_f64(DateVisitor)
    }
}

struct DateVisitor;

impl Visitor<'_> for DateVisitor {
    type Value = NumericDate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
        NumericDate::new(Some(Duration::from_secs(seconds)))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
        NumericDate::new(Duration::try_from_secs_f64(seconds).ok())
    }
}
