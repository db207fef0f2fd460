//! The answers of an issuer, cached by a keyed hash of the token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::fast::RandomState;
use moka::sync::Cache;
use tokio::time::Instant;

use super::settings::IntrospectionSettings;
use crate::crypto::{hmac_sha256, random_key};
use crate::jwt::ActiveAnswer;
use crate::keys::jwks::{after, lock};

/// The maximum number of tokens that are known to be inactive: half a MiB. A flood of random tokens
/// fills it, and then adds nothing, since no token of a flood comes twice.
const MAX_INACTIVE: usize = 10_000;
/// The memory of an entry besides its answer, in bytes.
const ENTRY_OVERHEAD: usize = 300;

/// The HMAC-SHA-256 of a whole token, under a key of this process. The token itself is not kept
/// (RFC 9700 §4.9.3).
pub(super) type TokenHash = [u8; 32];

/// An active token's answer.
pub(super) struct Entry {
    pub(super) answer: ActiveAnswer,
    /// When the question was sent, by the layer's clock, as the time since 1970.
    pub(super) asked_at: Duration,
    /// `exp`. Never used from then on (RFC 7662 §4).
    exp: Option<Duration>,
    fresh_until: Instant,
    stale_until: Instant,
}

/// What is known of a token.
#[derive(Clone)]
pub(super) enum Known {
    Active(Arc<Entry>),
    Inactive,
}

pub(super) struct AnswerCache {
    key: [u8; 32],
    active: Cache<TokenHash, Arc<Entry>, RandomState>,
    inactive: Mutex<HashMap<TokenHash, Instant, RandomState>>,
    max_ttl: Duration,
    max_negative_ttl: Duration,
    stale_if_error: Duration,
}

impl AnswerCache {
    pub(super) fn new(settings: &IntrospectionSettings) -> Self {
        let weight = |_: &TokenHash, entry: &Arc<Entry>| {
            let bytes = entry.answer.len().saturating_add(ENTRY_OVERHEAD);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let max_bytes = u64::try_from(settings.max_cache_bytes).unwrap_or(u64::MAX);
        Self {
            key: random_key(),
            active: Cache::builder()
                .max_capacity(max_bytes)
                .weigher(weight)
                .build_with_hasher(RandomState::default()),
            inactive: Mutex::default(),
            max_ttl: settings.max_ttl,
            max_negative_ttl: settings.max_negative_ttl.min(settings.max_ttl),
            stale_if_error: settings.stale_if_error,
        }
    }

    pub(super) fn hash(&self, token: &[u8]) -> TokenHash {
        hmac_sha256(&self.key, &[token])
    }

    /// Returns what is known of a token. `time` is that of the layer's clock.
    pub(super) fn get(&self, hash: &TokenHash, time: Duration) -> Option<Known> {
        if self.max_ttl.is_zero() {
            return None;
        }
        let now = Instant::now();
        let fresh = self
            .unexpired(hash, time)
            .filter(|entry| now < entry.fresh_until);
        if let Some(entry) = fresh {
            return Some(Known::Active(entry));
        }
        let until = lock(&self.inactive).get(hash).copied();
        until.filter(|until| now < *until).map(|_| Known::Inactive)
    }

    /// Returns an answer that is no longer fresh, for use after a failure.
    pub(super) fn get_stale(&self, hash: &TokenHash, time: Duration) -> Option<Known> {
        if self.stale_if_error.is_zero() {
            return None;
        }
        let now = Instant::now();
        let stale = self
            .unexpired(hash, time)
            .filter(|entry| now < entry.stale_until);
        stale.map(Known::Active)
    }

    fn unexpired(&self, hash: &TokenHash, time: Duration) -> Option<Arc<Entry>> {
        let entry = self.active.get(hash)?;
        entry.exp.is_none_or(|exp| time < exp).then_some(entry)
    }

    /// Caches an answer, unless caching is off. `asked_at` is the time of the layer's clock before
    /// the question was sent.
    pub(super) fn insert_active(
        &self,
        hash: TokenHash,
        answer: ActiveAnswer,
        exp: Option<Duration>,
        asked_at: Duration,
    ) -> Known {
        let remaining = exp.map_or(Duration::MAX, |exp| exp.saturating_sub(asked_at));
        let now = Instant::now();
        let until = |ttl: Duration| after(now, ttl.min(remaining));
        let entry = Arc::new(Entry {
            answer,
            asked_at,
            exp,
            fresh_until: until(self.max_ttl),
            stale_until: until(self.max_ttl.saturating_add(self.stale_if_error)),
        });
        let mut inactive = lock(&self.inactive);
        // No question is sent while it is known to be inactive, so this one was sent before.
        let is_outdated = inactive.get(&hash).is_some_and(|until| now < *until);
        if !self.max_ttl.is_zero() && !is_outdated {
            inactive.remove(&hash);
            self.active.insert(hash, Arc::clone(&entry));
        }
        Known::Active(entry)
    }

    /// Caches that a token is not active, unless caching is off or there are too many of these.
    pub(super) fn insert_inactive(&self, hash: TokenHash) -> Known {
        self.active.invalidate(&hash);
        if !self.max_negative_ttl.is_zero() {
            let now = Instant::now();
            let mut inactive = lock(&self.inactive);
            if inactive.len() >= MAX_INACTIVE {
                inactive.retain(|_, until| now < *until);
            }
            if inactive.len() < MAX_INACTIVE {
                inactive.insert(hash, after(now, self.max_negative_ttl));
            }
        }
        Known::Inactive
    }
}
