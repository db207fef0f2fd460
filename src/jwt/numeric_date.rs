//! `NumericDate`: seconds since 1970 as a JSON number, with or without a fraction (RFC 7519 §2).

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The end of the year 9999. Later dates are mistakes, milliseconds among them.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// Time since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(pub(crate) Duration);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for as a float, serde_json gives integers as integers, and numbers as numbers also where another crate
        // switched on `arbitrary_precision`.
        deserializer.deserialize_f64(NumberVisitor)
    }
}

struct NumberVisitor;

impl NumberVisitor {
    fn within<E: Error>(date: Duration) -> Result<NumericDate, E> {
        if date <= LATEST { Ok(NumericDate(date)) } else { Err(E::custom("beyond the year 9999")) }
    }
}

impl Visitor<'_> for NumberVisitor {
    type Value = NumericDate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
        Self::within(Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<NumericDate, E> {
        self.visit_u64(u64::try_from(seconds).map_err(|_| E::custom("negative"))?)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
        Self::within(Duration::try_from_secs_f64(seconds).map_err(|_| E::custom("out of range"))?)
    }
}
