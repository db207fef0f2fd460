//! Which settings are allowed.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{OnStaleRevocations, RevocationSettings};
use crate::config_error::ConfigError;

/// The maximum lifetime of tokens where nothing is set.
const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// An entry takes up to 100 bytes. The maximum keeps the size of the table from overflowing.
const ENTRIES: RangeInclusive<usize> = 1..=100_000_000;

/// Longer lives are no lives of access tokens.
pub(super) const LIFETIME: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(366 * 24 * 60 * 60);

/// The maximum age of a list that counts as up to date.
const STALENESS: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(60 * 60);

impl RevocationSettings {
    /// Returns the maximum lifetime of the tokens of a layer, whose own setting is `of_layer`.
    ///
    /// # Errors
    ///
    /// If its tokens live longer than the entries.
    pub(super) fn lifetime_of(&self, of_layer: Option<Duration>) -> Result<Duration, ConfigError> {
        match (self.max_lifetime, of_layer) {
            (Some(max), Some(of_layer)) if of_layer > max => {
                Err(ConfigError::invalid_setting(format!(
                    "max_lifetime of RevocationSettings is {max:?}: must be at least that of the \
                     layer, {of_layer:?}"
                )))
            }
            (_, Some(of_layer)) => Ok(of_layer),
            (max, None) => Ok(max.unwrap_or(DEFAULT_MAX_LIFETIME)),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let entries = self.max_entries;
        if !ENTRIES.contains(&entries) {
            let (min, max) = (ENTRIES.start(), ENTRIES.end());
            return Err(ConfigError::invalid_setting(format!(
                "max_entries of RevocationSettings is {entries}: must be between {min} and {max}"
            )));
        }
        match self.max_lifetime {
            Some(lifetime) if !LIFETIME.contains(&lifetime) => {
                Err(ConfigError::invalid_setting(format!(
                    "max_lifetime of RevocationSettings is {lifetime:?}: must be between 1 minute \
                     and 366 days"
                )))
            }
            _ => self.validate_staleness(),
        }
    }

    fn validate_staleness(&self) -> Result<(), ConfigError> {
        let staleness = self.max_staleness;
        if !STALENESS.contains(&staleness) {
            return Err(ConfigError::invalid_setting(format!(
                "max_staleness of RevocationSettings is {staleness:?}: must be between 5 seconds \
                 and 1 hour"
            )));
        }
        match &self.store {
            Some((_, OnStaleRevocations::UseLastKnownFor(age)))
                if *age <= staleness || age > LIFETIME.end() =>
            {
                Err(ConfigError::invalid_setting(format!(
                    "UseLastKnownFor of RevocationSettings is {age:?}: must be longer than \
                     max_staleness, which is {staleness:?}, and at most 366 days"
                )))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_setting_its_value_and_what_is_allowed() {
        let settings = RevocationSettings::default;
        for (settings, expected) in [
            (
                settings().max_entries(0),
                "max_entries of RevocationSettings is 0: must be between 1 and 100000000",
            ),
            (
                settings().max_lifetime(Duration::from_secs(59)),
                "max_lifetime of RevocationSettings is 59s: must be between 1 minute and 366 days",
            ),
            (
                settings().max_staleness(Duration::from_secs(4)),
                "max_staleness of RevocationSettings is 4s: must be between 5 seconds and 1 hour",
            ),
        ] {
            assert_eq!(settings.validate().unwrap_err().to_string(), expected);
        }
        let lowest = settings().max_entries(1).max_lifetime(*LIFETIME.start());
        let highest = settings()
            .max_entries(*ENTRIES.end())
            .max_lifetime(*LIFETIME.end());
        assert!(lowest.validate().is_ok() && highest.validate().is_ok());
    }
}
