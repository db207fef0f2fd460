//! The cache of fetched keys.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::Time;
use super::set::{set, set_times};
use crate::JwksCacheSettings;

// Those of `JwksCacheSettings::default`, whose setters take two values: for a configuration that
// sets one of them.
const MIN_BACKOFF: Time = Time::from_millis(500);
const MAX_BACKOFF: Time = Time::from_millis(4000);
const MAX_REFETCHES: usize = 2;
const REFETCH_WINDOW: Time = Time::from_millis(30_000);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct JwksCacheConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_ttl: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ttl: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_ttl: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_if_error: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawal_grace: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fetch_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_at_percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_backoff: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_backoff: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_body_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_refetches: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refetch_window: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_refetch_interval: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_waiters: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_candidates: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_key_hosts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_http_hosts: Option<Vec<String>>,
}

impl JwksCacheConfig {
    pub(super) fn settings(self) -> JwksCacheSettings {
        let settings = JwksCacheSettings::default();
        set_times!(
            settings,
            self,
            min_ttl,
            max_ttl,
            default_ttl,
            stale_if_error
        );
        set_times!(
            settings,
            self,
            withdrawal_grace,
            fetch_timeout,
            wait_timeout
        );
        set_times!(settings, self, idle_timeout, signature_refetch_interval);
        set!(
            settings,
            self,
            refresh_at_percent,
            max_body_len,
            snapshot_dir
        );
        set!(settings, self, max_waiters, max_candidates);
        set!(settings, self, allowed_key_hosts, allowed_http_hosts);
        let min = Duration::from(self.min_backoff.unwrap_or(MIN_BACKOFF));
        let max = Duration::from(self.max_backoff.unwrap_or(MAX_BACKOFF));
        let count = self.max_refetches.unwrap_or(MAX_REFETCHES);
        let window = Duration::from(self.refetch_window.unwrap_or(REFETCH_WINDOW));
        settings.backoff(min, max).refetch_limit(count, window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_has_the_defaults() {
        let settings = JwksCacheConfig::default().settings();
        let default = JwksCacheSettings::default();
        assert_eq!(format!("{settings:?}"), format!("{default:?}"));
    }
}
