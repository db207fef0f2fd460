//! The cached keys, with their times.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::HeaderMap;
use tokio::time::Instant;

use super::after;
use super::fetch::{JwksResponse, Validator};
use super::settings::JwksCacheSettings;
use super::snapshot_file::{Restored, SnapshotRecord};
use super::times::Times;
use crate::jwk::KeySet;
use crate::keys::health::FetchHealth;

/// A key set and its times. Immutable: each fetch replaces it as a whole.
#[derive(Clone)]
pub(crate) struct Snapshot {
    keys: Arc<KeySet>,
    validator: Option<Validator>,
    /// `None` before the first fetch.
    times: Option<Times>,
    ttl: Duration,
    /// The JWK set as it was fetched; its public part if the keys come from a file.
    body: Bytes,
    /// When it was fetched, by the system's clock.
    fetched_at: SystemTime,
    /// When the issuer first sent a set without a usable key since. Then `times` ends with the
    /// grace.
    withdrawn_at: Option<SystemTime>,
}

impl Snapshot {
    /// Returns a snapshot without keys, for the time before the first fetch.
    pub(super) fn empty() -> Self {
        Self {
            keys: Arc::new(KeySet::from_iter([])),
            validator: None,
            times: None,
            ttl: Duration::ZERO,
            body: Bytes::new(),
            fetched_at: SystemTime::UNIX_EPOCH,
            withdrawn_at: None,
        }
    }

    pub(super) fn new(
        keys: Arc<KeySet>,
        response: JwksResponse,
        settings: &JwksCacheSettings,
        now: Instant,
    ) -> Self {
        let ttl = settings.freshness.ttl_of(&response.headers);
        Self {
            keys,
            validator: response.validator(),
            times: Some(Times::new(now, ttl, settings)),
            ttl,
            body: response.body,
            fetched_at: SystemTime::now(),
            withdrawn_at: None,
        }
    }

    /// Returns the same keys with new times, after the issuer has confirmed them.
    pub(super) fn renewed(
        &self,
        headers: &HeaderMap,
        settings: &JwksCacheSettings,
        now: Instant,
    ) -> Self {
        let ttl = settings.freshness.ttl_of(headers);
        Self {
            times: Some(Times::new(now, ttl, settings)),
            ttl,
            fetched_at: SystemTime::now(),
            withdrawn_at: None,
            ..self.clone()
        }
    }

    /// Returns the same keys, withdrawn at a time, and usable until `until` at the latest. Cached
    /// tokens stay valid until then, too: the key set keeps its id.
    pub(super) fn withdrawn(&self, at: SystemTime, until: Instant) -> Self {
        Self {
            times: self.times.map(|times| times.limited(until)),
            withdrawn_at: Some(at),
            ..self.clone()
        }
    }

    /// Returns keys that an earlier process fetched, with their age taken into account.
    pub(super) fn restored(restored: Restored, settings: &JwksCacheSettings, now: Instant) -> Self {
        let Restored {
            keys,
            record,
            age,
            withdrawn_for,
        } = restored;
        // The file may have been written with other settings, or contain any number.
        let ttl = record.ttl.min(settings.freshness.max_ttl);
        // `now` if the time has passed already.
        let remaining = |time: Duration| after(now, time.saturating_sub(age));
        let times = Times {
            // Before the origin of the platform's monotonic clock there is no `Instant`.
            fetched_at: now.checked_sub(age).unwrap_or(now),
            refresh_at: now,
            stale_at: remaining(ttl),
            expires_at: remaining(ttl.saturating_add(settings.stale_if_error)),
        };
        let snapshot = Self {
            keys: Arc::new(keys),
            validator: None,
            times: Some(times),
            ttl,
            body: record.body,
            fetched_at: record.fetched_at,
            withdrawn_at: None,
        };
        match (record.withdrawn_at, withdrawn_for) {
            (Some(at), Some(passed)) => {
                let rest = settings.withdrawal_grace.saturating_sub(passed);
                snapshot.withdrawn(at, after(now, rest))
            }
            _ => snapshot,
        }
    }

    /// Returns the keys of a response, or the cached keys if they come from the same body: then
    /// cached tokens and cached headers stay valid.
    pub(super) fn reuse_keys(&self, keys: KeySet, body: &Bytes) -> Arc<KeySet> {
        if self.body == *body {
            Arc::clone(&self.keys)
        } else {
            Arc::new(keys)
        }
    }

    /// Returns what a snapshot file has of it.
    pub(super) fn record(&self) -> SnapshotRecord {
        SnapshotRecord {
            body: self.body.clone(),
            ttl: self.ttl,
            fetched_at: self.fetched_at,
            withdrawn_at: self.withdrawn_at,
        }
    }

    pub(crate) fn keys(&self) -> &KeySet {
        &self.keys
    }

    pub(super) const fn validator(&self) -> Option<&Validator> {
        self.validator.as_ref()
    }

    /// Returns whether there are keys, and their TTL has not passed.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now < times.stale_at)
    }

    /// Returns whether there are keys, and neither their TTL nor `stale_if_error` has passed.
    pub(super) fn is_unexpired(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now < times.expires_at)
    }

    /// Returns whether there are keys, and their TTL has passed.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now >= times.stale_at)
    }

    /// Returns when the issuer first sent a set without a usable key after these keys, if it did.
    pub(super) const fn withdrawn_at(&self) -> Option<SystemTime> {
        self.withdrawn_at
    }

    /// Adds the state of the keys to the health.
    pub(super) fn health(&self, now: Instant, fetch: FetchHealth) -> FetchHealth {
        let Some(times) = self.times else {
            return fetch;
        };
        let age = now.saturating_duration_since(times.fetched_at);
        FetchHealth {
            age: Some(age),
            last_success: SystemTime::now().checked_sub(age),
            fresh_for: Some(times.stale_at.saturating_duration_since(now)),
            usable_for: Some(times.expires_at.saturating_duration_since(now)),
            stale: self.is_stale(now),
            withdrawn: self.withdrawn_at.is_some(),
            ..fetch
        }
    }

    /// Returns when the keys are due for a refresh, or `None` if there are none.
    pub(super) fn refresh_at(&self) -> Option<Instant> {
        self.times.map(|times| times.refresh_at)
    }
}
