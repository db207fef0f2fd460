//! Durations as text with a unit.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The units, in milliseconds, from the largest.
const UNITS: [(&str, u64); 5] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// A duration: `"500ms"`, `"60s"`, `"5m"`, `"1h"`, `"7d"`, or several of these: `"1h 30m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(Duration);

impl From<Time> for Duration {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl Time {
    pub(super) const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// Returns `None` if the text is not a list of numbers, each with a unit, or is too long a
    /// time.
    fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut millis) = (text.trim(), 0_u64);
        loop {
            let (count, after) = number(rest)?;
            let (unit, after) = split_before(after, |c| !c.is_ascii_alphabetic());
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
            millis = millis.checked_add(count.checked_mul(*factor)?)?;
            rest = after.trim_start();
            if rest.is_empty() {
                return Some(Self::from_millis(millis));
            }
        }
    }
}

fn number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = split_before(text, |c| !c.is_ascii_digit());
    Some((digits.parse().ok()?, rest))
}

fn split_before(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(is_end).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Writes the largest unit that a whole number of makes up the time.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let mut units = UNITS.iter();
        let unit = units.find(|(_, factor)| millis != 0 && millis.is_multiple_of(*factor));
        let (name, factor) = unit.unwrap_or(&("s", 1000));
        write!(f, "{}{name}", millis.checked_div(*factor).unwrap_or(0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text with a unit, such as \"500ms\", \"60s\", \"5m\", \"1h\" or \"7d\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        Time::parse(text).ok_or_else(|| {
            E::custom(
                "must be a text with a unit, such as \"500ms\", \"60s\", \"5m\", \"1h\" or \"7d\"",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_durations_and_nothing_else_is() {
        for (text, millis) in [
            ("500ms", 500),
            ("0s", 0),
            ("60s", 60_000),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            (" 7d ", 604_800_000),
        ] {
            assert_eq!(Time::parse(text), Some(Time::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "60",
            "s",
            "-1s",
            "1.5s",
            "60 s",
            "1y",
            "1S",
            "1s,2s",
            "+1s",
            "١s",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_in_its_largest_unit_and_read_again() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1ms"),
            (1500, "1500ms"),
            (60_000, "1m"),
            (90_000, "90s"),
            (86_400_000, "1d"),
        ] {
            let time = Time::from_millis(millis);
            assert_eq!(time.to_string(), text);
            assert_eq!(Time::parse(text), Some(time));
        }
    }
}
