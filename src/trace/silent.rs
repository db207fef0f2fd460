//! The functions without feature `tracing`.

use std::error::Error as StdError;
use std::fmt::Display;
use std::time::Duration;

use crate::error::Error;

pub(crate) fn rejected(_: &Error) {}

pub(crate) struct WaitSpan;

impl WaitSpan {
    pub(crate) const fn new(_: &'static str) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "that of the feature")]
    pub(crate) fn in_scope<T>(&self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    #[expect(clippy::unused_self, reason = "that of the feature")]
    pub(crate) fn rejected(&self, _: &Error) {}
}

pub(crate) const fn is_diagnosis_enabled() -> bool {
    false
}

pub(crate) fn diagnosed(_: &Error, _: &dyn Display) {}

pub(crate) fn layer_missing(_: &'static str) {}

pub(crate) fn keys_fetched(_: &str, _: usize, _: usize) {}

pub(crate) fn key_skipped(_: &str, _: Option<&str>, _: &dyn Display) {}

pub(crate) struct LogLimit;

impl LogLimit {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "that of the feature")]
    pub(crate) const fn reset(&self) {}
}

pub(crate) fn fetch_failed(_: &LogLimit, _: &str, _: &(dyn StdError + 'static), _: u32) {}

pub(crate) fn fetch_failed_for_unknown(_: &str, _: &(dyn StdError + 'static)) {}

pub(crate) fn keys_stale(_: &str) {}

pub(crate) fn keys_expired(_: &str) {}

pub(crate) fn keys_withdrawn(_: &str, _: Duration) {}

pub(crate) fn keys_recovered(_: &str, _: u32) {}

pub(crate) fn snapshot_failed(_: &str, _: &(dyn StdError + 'static)) {}

pub(crate) fn refetch_limit_reached(_: &str) {}

pub(crate) fn key_shared(_: &str, _: &str) {}

pub(crate) fn introspection_failed(_: &LogLimit, _: &str, _: &(dyn StdError + 'static), _: u32) {}

pub(crate) fn introspection_denied(_: &LogLimit, _: &str, _: u16) {}

pub(crate) fn introspection_recovered(_: &str, _: u32) {}

pub(crate) fn too_many_candidates(_: &'static str, _: usize, _: usize) {}

pub(crate) fn plain_http(_: &str, _: &[String]) {}

pub(crate) fn secret_may_be_encoded(
    _: &str,
    _: Option<&str>,
    _: Option<&std::path::Path>,
    _: &'static str,
) {
}

pub(crate) fn files_changed(_: &str, _: &[String], _: &[String]) {}

pub(crate) fn files_failed(_: &str, _: &(dyn StdError + 'static), _: u32) {}

pub(crate) fn files_recovered(_: &str, _: u32) {}

pub(crate) fn secret_old(_: &str, _: &str, _: Duration) {}

pub(crate) fn secret_repeated(_: &str, _: &str, _: &str) {}

pub(crate) fn secret_file_readable(_: &std::path::Path) {}

pub(crate) const fn observer_panicked(_: &'static str) {}

pub(crate) fn secret_shared(_: &str, _: Option<&str>, _: &str, _: Option<&str>) {}

pub(crate) fn secret_unusable(_: &str, _: &(dyn StdError + 'static)) {}

pub(crate) fn secret_usable(_: &str) {}

pub(crate) fn tenants_full(_: &str, _: usize) {}

pub(crate) fn audience_not_checked(_: &str) {}

pub(crate) fn authorization_server_left_out(_: &str, _: &'static str) {}

pub(crate) fn binding_not_checked(_: &str) {}

pub(crate) fn certificate_header_ignored(_: &str) {}

pub(crate) fn certificate_header_rejected(_: &str, _: &'static str) {}

pub(crate) fn peer_address_unknown(_: &str) {}

pub(crate) const fn forwarding_peer_unknown() {}

pub(crate) fn replay_store_full(_: u64, _: u64) {}

pub(crate) fn replay_store_not_ready(_: &(dyn StdError + 'static)) {}

pub(crate) fn replay_share_used_up(_: u64, _: u64) {}

pub(crate) fn logged_out(_: &str, _: &'static str) {}

pub(crate) fn logout_rejected(_: &Error) {}

pub(crate) fn revocations_full(_: usize, _: u64) {}

pub(crate) const fn revocations_loaded(_: usize, _: usize) {}

pub(crate) const fn revocation_store_failed(_: &'static str, _: &str) {}

pub(crate) const fn revocations_stale(_: Duration, _: &'static str) {}

pub(crate) const fn revocations_up_to_date() {}
