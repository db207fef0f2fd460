//! Keys that the issuer is known not to have.

use std::sync::OnceLock;
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

use super::after;
use super::settings::JwksCacheSettings;
use crate::keys::source::KeyQuery;

/// The maximum number of entries. With [`MAX_KEY_ID_LEN`], bounds the memory that a flood of
/// unknown key ids can take to a few hundred KiB.
const MAX_ENTRIES: u64 = 1024;

/// The maximum length of a key id in an entry, in bytes. The refetch limit bounds the cost of
/// longer ones.
const MAX_KEY_ID_LEN: usize = 128;

/// Keys that the issuer did not have at the last fetch. An entry lasts for the window of
/// `refetch_limit`, or until the next successful fetch.
pub(super) struct NegativeCache {
    /// Made for the first entry: most issuers never have one, and an empty cache takes some KiB.
    until: OnceLock<Cache<KeyQuery, Instant>>,
    ttl: Duration,
}

impl NegativeCache {
    pub(super) fn new(settings: &JwksCacheSettings) -> Self {
        Self {
            until: OnceLock::new(),
            ttl: settings.refetch_window,
        }
    }

    pub(super) fn insert(&self, query: KeyQuery, now: Instant) {
        let key_id = query.key_id.as_ref();
        if key_id.is_none_or(|key_id| key_id.len() <= MAX_KEY_ID_LEN) {
            let until = self.until.get_or_init(|| Cache::new(MAX_ENTRIES));
            until.insert(query, after(now, self.ttl));
        }
    }

    pub(super) fn contains(&self, query: &KeyQuery, now: Instant) -> bool {
        let until = self.until.get().and_then(|cache| cache.get(query));
        until.is_some_and(|until| now < until)
    }

    pub(super) fn clear(&self) {
        if let Some(until) = self.until.get() {
            until.invalidate_all();
        }
    }
}
