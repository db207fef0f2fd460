//! The settings of watched files.

use std::time::Duration;

use crate::config_error::ConfigError;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
pub(super) const DEFAULT_MAX_SECRET_AGE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const MAX_OVERLAP: Duration = Duration::from_secs(366 * 24 * 60 * 60);
const MAX_SECRET_AGE: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

pub(super) fn check_interval(interval: Duration) -> Result<(), ConfigError> {
    check("interval", interval, (SECOND, "1s"), (HOUR, "1h"))
}

pub(super) fn check_overlap(overlap: Duration) -> Result<(), ConfigError> {
    check(
        "overlap",
        overlap,
        (MINUTE, "1min"),
        (MAX_OVERLAP, "366 days"),
    )
}

pub(super) fn check_max_secret_age(age: Duration) -> Result<(), ConfigError> {
    check(
        "max_secret_age",
        age,
        (DAY, "1 day"),
        (MAX_SECRET_AGE, "3660 days"),
    )
}

fn check(
    name: &str,
    value: Duration,
    (min, min_text): (Duration, &str),
    (max, max_text): (Duration, &str),
) -> Result<(), ConfigError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::invalid_setting(format!(
        "{name} of watched files is {value:?}: must be from {min_text} to {max_text}"
    )))
}
