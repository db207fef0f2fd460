//! The keys as they were fetched, with their times.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::HeaderMap;
use tokio::time::Instant;

use super::after;
use super::settings::CacheSettings;
use super::store::Restored;
use crate::jwk::KeySet;
use crate::keys::fetch::{Answer, Validator};
use crate::keys::health::FetchHealth;

/// One key set and how long it serves. Replaced as a whole.
pub(crate) struct Snapshot {
    keys: Arc<KeySet>,
    validator: Option<Validator>,
    times: Option<Times>,
    life: Duration,
    body: Bytes,
}

/// When a set was fetched and what follows. All monotonic: a step of the clock on the wall changes nothing.
#[derive(Clone, Copy, Debug)]
struct Times {
    fetched: Instant,
    /// From here on a new one is wanted.
    refresh: Instant,
    /// Its life has passed: from here on it serves only because the issuer can't be reached.
    ripe: Instant,
    /// From here on it no longer serves.
    end: Instant,
}

impl Times {
    fn new(now: Instant, life: Duration, settings: &CacheSettings) -> Self {
        Self {
            fetched: now,
            refresh: after(now, early(life, settings)),
            ripe: after(now, life),
            end: after(now, life.saturating_add(settings.stale_for)),
        }
    }
}

impl Snapshot {
    /// Before the first fetch.
    pub(super) fn empty() -> Self {
        Self {
            keys: Arc::new(KeySet::from_iter([])),
            validator: None,
            times: None,
            life: Duration::ZERO,
            body: Bytes::new(),
        }
    }

    pub(super) fn new(
        keys: Arc<KeySet>,
        answer: Answer,
        settings: &CacheSettings,
        now: Instant,
    ) -> Self {
        let life = settings.lifetime.of(&answer.headers);
        let (validator, body) = (answer.validator(), answer.body);
        Self {
            keys,
            validator,
            times: Some(Times::new(now, life, settings)),
            life,
            body,
        }
    }

    /// The same keys, confirmed by the issuer.
    pub(super) fn renewed(
        &self,
        headers: &HeaderMap,
        settings: &CacheSettings,
        now: Instant,
    ) -> Self {
        let life = settings.lifetime.of(headers);
        let (keys, validator) = (Arc::clone(&self.keys), self.validator.clone());
        Self {
            keys,
            validator,
            times: Some(Times::new(now, life, settings)),
            life,
            body: self.body.clone(),
        }
    }

    /// Keys that another process had fetched, as old as they are.
    pub(super) fn restored(restored: Restored, settings: &CacheSettings, now: Instant) -> Self {
        let Restored { keys, age, life } = restored;
        // Written with other settings, perhaps.
        let life = life.min(settings.lifetime.longest);
        let left = Times::new(now, life.saturating_sub(age), settings);
        let end = after(
            now,
            life.saturating_add(settings.stale_for).saturating_sub(age),
        );
        let times = Times {
            fetched: now.checked_sub(age).unwrap_or(now),
            refresh: now,
            end,
            ..left
        };
        Self {
            keys: Arc::new(keys),
            validator: None,
            times: Some(times),
            life,
            body: Bytes::new(),
        }
    }

    /// The keys of an answer: those at hand, if it is the answer that they came from.
    pub(super) fn keys_of(&self, keys: KeySet, body: &Bytes) -> Arc<KeySet> {
        if self.body == *body {
            Arc::clone(&self.keys)
        } else {
            Arc::new(keys)
        }
    }

    /// The JWK set as it was fetched, and the life that it was given.
    pub(super) const fn body(&self) -> (&Bytes, Duration) {
        (&self.body, self.life)
    }

    pub(crate) fn keys(&self) -> &KeySet {
        &self.keys
    }

    pub(super) const fn validator(&self) -> Option<&Validator> {
        self.validator.as_ref()
    }

    /// Whether there are keys, and within their life.
    pub(super) fn lives(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now < times.ripe)
    }

    /// Whether there are keys, and within the time that they may serve at the longest.
    pub(super) fn may_serve(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now < times.end)
    }

    /// Whether the keys have outlived their life.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.times.is_some_and(|times| now >= times.ripe)
    }

    /// Adds what is known here.
    pub(super) fn health(&self, now: Instant, fetch: FetchHealth) -> FetchHealth {
        let Some(times) = self.times else {
            return fetch;
        };
        let age = now.saturating_duration_since(times.fetched);
        FetchHealth {
            age: Some(age),
            last_success: SystemTime::now().checked_sub(age),
            expires_in: Some(times.ripe.saturating_duration_since(now)),
            serves_for: Some(times.end.saturating_duration_since(now)),
            stale: self.is_stale(now),
            ..fetch
        }
    }

    /// When a new set is wanted; at once where there is none.
    pub(super) fn refresh_at(&self) -> Option<Instant> {
        self.times.map(|times| times.refresh)
    }
}

/// The set part of a life, less up to an eighth of it, so that a fleet that started together doesn't fetch together.
fn early(life: Duration, settings: &CacheSettings) -> Duration {
    // At most the whole of it, since what is set is at most 100.
    life.mul_f64(f64::from(settings.refresh_after) / 100.0 * (1.0 - random_fraction() / 8.0))
}

/// In [0, 1). Spread matters here, not secrecy.
pub(super) fn random_fraction() -> f64 {
    let random = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}
