//! The times of a token, compared with the clock.

use std::time::Duration;

use serde_json::Value;

use super::facts::Facts;

/// Seconds of a time in milliseconds: no token is valid in the year 5000.
const MIN_MILLISECONDS: f64 = 100_000_000_000.0;

/// Returns a claim and how long ago it was, or will be.
pub(super) fn shown(facts: &Facts, claim: &str, now: Duration) -> String {
    let Some(time) = seconds(facts, claim) else {
        let kind = super::quoted::shown(facts.claim(claim));
        return format!("`{claim}` {kind}");
    };
    if time >= now {
        format!("`{claim}` {} from now", rounded(time.saturating_sub(now)))
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

/// Returns for how long this clock is behind the issuer's at least, according to a claim.
pub(super) fn behind(facts: &Facts, claim: &str, now: Duration) -> Option<String> {
    let ahead = seconds(facts, claim)?.checked_sub(now)?;
    Some(rounded(ahead))
}

pub(super) fn is_in_milliseconds(facts: &Facts, claim: &str) -> bool {
    let number = facts.claim(claim).and_then(Value::as_f64);
    number.is_some_and(|seconds| seconds >= MIN_MILLISECONDS)
}

fn seconds(facts: &Facts, claim: &str) -> Option<Duration> {
    let seconds = facts.claim(claim)?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

pub(super) fn rounded(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..300 => format!("{seconds} s"),
        300..18_000 => format!("{} min", seconds / 60),
        18_000..432_000 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
