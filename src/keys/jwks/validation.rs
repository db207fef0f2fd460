//! The allowed values of [`JwksCacheSettings`].

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::settings::JwksCacheSettings;
use crate::config_error::ConfigError;

const SECOND: Duration = Duration::from_secs(1);

/// The maximum of every time but `default_ttl`, which `max_ttl` limits. Keeps sums of them from
/// overflowing.
const MAX_TIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Keeps failing fetches from becoming a busy loop.
const MIN_BACKOFF: Duration = Duration::from_millis(10);

/// More refetches than this would no longer protect the issuer.
const REFETCHES: RangeInclusive<usize> = 0..=100;

/// Room for a small key set, and the memory that one response can take.
const BODY_LENS: RangeInclusive<usize> = 1024..=16 * 1024 * 1024;

/// The maximum is beyond what a process can have in flight, and within what a semaphore can count.
const WAITERS: RangeInclusive<usize> = 1..=1_000_000;

/// More keys than this are not used of any set.
const CANDIDATES: RangeInclusive<usize> = 1..=128;

/// Leaves time for a refresh before the keys are stale, and between two refreshes.
const PERCENTS: RangeInclusive<u32> = 10..=95;

impl JwksCacheSettings {
    /// Rejects values out of range and contradictory ones.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.validate_max_times()?;
        self.validate_min_times()?;
        in_range("refresh_at_percent", self.refresh_at_percent, &PERCENTS, "")?;
        in_range("refetch_limit count", self.max_refetches, &REFETCHES, "")?;
        in_range("max_body_len", self.max_body_len, &BODY_LENS, " bytes")?;
        in_range("max_waiters", self.max_waiters, &WAITERS, "")?;
        in_range("max_candidates", self.max_candidates, &CANDIDATES, "")?;
        self.validate_hosts()
    }

    fn validate_max_times(&self) -> Result<(), ConfigError> {
        let times = [
            ("max_ttl", self.freshness.max_ttl),
            ("stale_if_error", self.stale_if_error),
            ("withdrawal_grace", self.withdrawal_grace),
            ("fetch_timeout", self.fetch_timeout),
            ("wait_timeout", self.wait_timeout),
            ("idle_timeout", self.idle_timeout),
            ("backoff max", self.max_backoff),
            ("refetch_limit window", self.refetch_window),
            (
                "signature_refetch_interval",
                self.signature_refetch_interval,
            ),
        ];
        for (setting, time) in times {
            if time > MAX_TIME {
                return invalid(format_args!(
                    "{setting} is {time:?}: must be at most 366 days"
                ));
            }
        }
        Ok(())
    }

    fn validate_min_times(&self) -> Result<(), ConfigError> {
        let (min_ttl, max_ttl) = (self.freshness.min_ttl, self.freshness.max_ttl);
        let times = [
            ("min_ttl", min_ttl),
            (
                "signature_refetch_interval",
                self.signature_refetch_interval,
            ),
        ];
        for (setting, time) in times {
            if time < SECOND {
                return invalid(format_args!(
                    "{setting} is {time:?}: must be at least 1 second"
                ));
            }
        }
        if min_ttl > max_ttl {
            return invalid(format_args!(
                "min_ttl is {min_ttl:?}: must be at most max_ttl, which is {max_ttl:?}"
            ));
        }
        let (min, max) = (self.min_backoff, self.max_backoff);
        if min < MIN_BACKOFF || min > max {
            return invalid(format_args!(
                "backoff min is {min:?}: must be between {MIN_BACKOFF:?} and max, which is {max:?}"
            ));
        }
        let times = [
            ("fetch_timeout", self.fetch_timeout),
            ("wait_timeout", self.wait_timeout),
            ("refetch_limit window", self.refetch_window),
        ];
        for (setting, time) in times {
            if time.is_zero() {
                return invalid(format_args!(
                    "{setting} is {time:?}: must be more than zero"
                ));
            }
        }
        Ok(())
    }
}

fn in_range<T>(
    setting: &str,
    value: T,
    range: &RangeInclusive<T>,
    unit: &str,
) -> Result<(), ConfigError>
where
    T: PartialOrd + fmt::Display + Copy,
{
    if range.contains(&value) {
        return Ok(());
    }
    let (min, max) = (range.start(), range.end());
    invalid(format_args!(
        "{setting} is {value}: must be between {min} and {max}{unit}"
    ))
}

fn invalid(message: fmt::Arguments<'_>) -> Result<(), ConfigError> {
    Err(ConfigError::invalid_setting(format!(
        "jwks_cache {message}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_error::ConfigErrorKind;

    fn message(settings: &JwksCacheSettings) -> String {
        let error = settings.validate().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        error.to_string()
    }

    fn settings() -> JwksCacheSettings {
        JwksCacheSettings::default()
    }

    #[test]
    fn an_error_names_the_setting_its_value_and_what_is_allowed() {
        let cases = [
            (
                settings().max_body_len(10),
                "max_body_len is 10: must be between 1024 and 16777216 bytes",
            ),
            (
                settings().max_waiters(0),
                "max_waiters is 0: must be between 1 and 1000000",
            ),
            (
                settings().max_ttl(Duration::from_secs(40)),
                "min_ttl is 60s: must be at most max_ttl, which is 40s",
            ),
            (
                settings().backoff(Duration::from_millis(9), SECOND),
                "backoff min is 9ms: must be between 10ms and max, which is 1s",
            ),
            (
                settings().refetch_limit(101, SECOND),
                "refetch_limit count is 101: must be between 0 and 100",
            ),
            (
                settings().signature_refetch_interval(Duration::ZERO),
                "signature_refetch_interval is 0ns: must be at least 1 second",
            ),
            (
                settings().refetch_limit(2, Duration::ZERO),
                "refetch_limit window is 0ns: must be more than zero",
            ),
            (
                settings().withdrawal_grace(MAX_TIME + SECOND),
                "withdrawal_grace is 31622401s: must be at most 366 days",
            ),
            (
                settings().allowed_key_hosts(Vec::<String>::new()),
                "allowed_key_hosts is empty: must name at least one host",
            ),
            (
                settings().allowed_http_hosts(Vec::<String>::new()),
                "allowed_http_hosts is empty: must name at least one host",
            ),
            (
                settings().allowed_http_hosts(["*.internal"]),
                "allowed_http_hosts has \"*.internal\": must be a host name or an IP address as in \
                 a URL, without scheme, port and path",
            ),
            (
                settings().max_candidates(0),
                "max_candidates is 0: must be between 1 and 128",
            ),
            (
                settings().max_candidates(129),
                "max_candidates is 129: must be between 1 and 128",
            ),
            (
                settings().allowed_key_hosts(["keys.example", "keys.example:8443"]),
                "allowed_key_hosts has \"keys.example:8443\": must be a host name or an IP address \
                 as in a URL, without scheme, port and path",
            ),
            (
                settings().idle_timeout(MAX_TIME + SECOND),
                "idle_timeout is 31622401s: must be at most 366 days",
            ),
        ];
        for (settings, expected) in cases {
            assert_eq!(message(&settings), format!("jwks_cache {expected}"));
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let lowest = settings()
            .min_ttl(SECOND)
            .max_ttl(SECOND)
            .stale_if_error(Duration::ZERO)
            .withdrawal_grace(Duration::ZERO)
            .idle_timeout(Duration::ZERO)
            .refresh_at_percent(10)
            .backoff(MIN_BACKOFF, MIN_BACKOFF)
            .max_body_len(1024)
            .refetch_limit(0, Duration::from_nanos(1))
            .signature_refetch_interval(SECOND)
            .max_waiters(1)
            .allowed_key_hosts(["keys.example", "127.0.0.1", "[::1]"]);
        assert!(lowest.validate().is_ok());
        let highest = settings()
            .max_ttl(MAX_TIME)
            .refresh_at_percent(95)
            .backoff(MAX_TIME, MAX_TIME)
            .max_body_len(16 * 1024 * 1024)
            .refetch_limit(100, MAX_TIME)
            .signature_refetch_interval(MAX_TIME)
            .max_waiters(1_000_000);
        assert!(highest.validate().is_ok());
    }
}
