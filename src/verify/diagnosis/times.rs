//! The times of a token, compared with the clock.

use std::num::NonZeroU64;
use std::time::Duration;

use serde_json::Value;

use super::facts::Facts;

/// From this number of seconds (the year 5138), a time is taken for milliseconds.
const MIN_MILLISECONDS: f64 = 100_000_000_000.0;

const MAX_BEHIND: Duration = Duration::from_secs(86_400);

/// Returns a claim and how long ago it was, rounded down, or in what time it will be, rounded up.
pub(super) fn shown(facts: &Facts, claim: &str, now: Duration) -> String {
    let Some(time) = seconds(facts, claim) else {
        let kind = super::quoted::shown(facts.claim(claim));
        return format!("`{claim}` {kind}");
    };
    if time >= now {
        format!(
            "`{claim}` {} from now",
            rounded_up(time.saturating_sub(now))
        )
    } else {
        format!("`{claim}` {} ago", rounded(now.saturating_sub(time)))
    }
}

/// Returns the one of `nbf` and `iat` that is later.
pub(super) fn latest_start(facts: &Facts) -> &'static str {
    if seconds(facts, "nbf") > seconds(facts, "iat") {
        "nbf"
    } else {
        "iat"
    }
}

/// Returns by how much this clock is at least behind the issuer's, judging by a claim. A clock that
/// is wrong by more than a day is less likely than a wrong claim.
pub(super) fn behind(facts: &Facts, claim: &str, now: Duration) -> Option<String> {
    let ahead = seconds(facts, claim)?.checked_sub(now)?;
    (ahead <= MAX_BEHIND).then(|| rounded(ahead))
}

pub(super) fn is_in_milliseconds(facts: &Facts, claim: &str) -> bool {
    let number = facts.claim(claim).and_then(Value::as_f64);
    number.is_some_and(|seconds| seconds >= MIN_MILLISECONDS)
}

fn seconds(facts: &Facts, claim: &str) -> Option<Duration> {
    let seconds = facts.claim(claim)?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Returns a duration in whole units, rounded down.
pub(super) fn rounded(duration: Duration) -> String {
    in_units(duration.as_secs(), |seconds, unit| seconds / unit)
}

fn rounded_up(duration: Duration) -> String {
    let whole = duration.as_secs();
    let seconds = whole.saturating_add(u64::from(duration.subsec_nanos() > 0));
    in_units(seconds, |seconds, unit| seconds.div_ceil(unit.get()))
}

fn in_units(seconds: u64, divide: fn(u64, NonZeroU64) -> u64) -> String {
    let (unit, name) = match seconds {
        0..300 => (1, "s"),
        300..18_000 => (60, "min"),
        18_000..432_000 => (3600, "h"),
        _ => (86_400, "days"),
    };
    let unit = NonZeroU64::new(unit).unwrap_or(NonZeroU64::MIN);
    format!("{} {name}", divide(seconds, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_whole_units() {
        for (millis, down, up) in [
            (0, "0 s", "0 s"),
            (60_300, "60 s", "61 s"),
            (299_500, "299 s", "5 min"),
            (301_000, "5 min", "6 min"),
            (18_000_000, "5 h", "5 h"),
            (432_001_000, "5 days", "6 days"),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(rounded(duration), down);
            assert_eq!(rounded_up(duration), up);
        }
    }
}
