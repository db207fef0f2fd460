//! The ids of used tokens in the memory of this process.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::replay::{InsertOutcome, ReplayStore, TokenId};
use crate::config_error::ConfigError;
use crate::crypto::{keyed_digest, random_key};
use crate::trace;

/// How many expired entries one call removes at most: more than the one that it adds, and few
/// enough that no request waits while a million of them are removed.
const REMOVED_PER_CALL: usize = 4;

/// The minimum time between two log events, in seconds.
const LOG_INTERVAL: u32 = 60;

/// The ids of used tokens in the memory of this process. Clones share their entries.
///
/// [`reject_replays`](crate::JwtAuthBuilder::reject_replays) makes one for each layer. Give a clone
/// of one store to several layers if a token may be used once for all of them together. Processes
/// need a [`ReplayStore`] of your own to share.
///
/// An entry is a hash of issuer and id, of fixed size: about 50 to 100 bytes, whatever the length
/// of the id. It stays at least until 5 minutes and the leeway after its token expires (with
/// [`replay_store`](crate::JwtAuthBuilder::replay_store): the longest leeway, an hour), unless
/// [`WhenFull::Evict`] is set.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer, MemoryReplayStore};
///
/// # fn build(orders: Issuer, refunds: Issuer) -> Result<(), ConfigError> {
/// let store = MemoryReplayStore::new(100_000)?;
/// let orders = JwtAuthLayer::builder(orders).replay_store(store.clone()).build()?;
/// let refunds = JwtAuthLayer::builder(refunds).replay_store(store).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryReplayStore {
    shared: Arc<Shared>,
    max_entries: u64,
    when_full: WhenFull,
}

/// What a [`MemoryReplayStore`] does with a token that was not used before, when it is full of
/// entries that have not expired. In both cases, a log event says so, at most once a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Rejects the token with 503
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)); it does not count as used. The
    /// default.
    #[default]
    Reject,
    /// Accepts the token, and removes the entry that expires first. The token of that entry can
    /// then be used again.
    Evict,
}

struct Shared {
    /// Secret and random, so that no one can find ids that collide, and a copy of the memory
    /// contains no id.
    key: [u8; 32],
    start: Instant,
    entries: Mutex<Entries>,
}

/// Half of an HMAC-SHA-256. That two of a million ids have the same one has a probability of 10⁻²⁷.
/// Then a token is rejected that was not used; none is accepted that was.
type Digest = [u8; 16];

#[derive(Default)]
struct Entries {
    digests: HashSet<Digest>,
    /// The same digests with the times at which they expire, in seconds since the start of the
    /// store. The first to expire is on top.
    by_expiry: BinaryHeap<Reverse<(u32, Digest)>>,
    last_logged: Option<u32>,
}

impl MemoryReplayStore {
    /// Creates a store for up to `max_entries` tokens. The memory is allocated as they arrive.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `max_entries` is 0.
    pub fn new(max_entries: u64) -> Result<Self, ConfigError> {
        if max_entries == 0 {
            let message = "max_entries of MemoryReplayStore is 0: must be at least 1";
            return Err(ConfigError::invalid_setting(message));
        }
        Ok(Self {
            shared: Arc::new(Shared {
                key: random_key(),
                start: Instant::now(),
                entries: Mutex::default(),
            }),
            max_entries,
            when_full: WhenFull::default(),
        })
    }

    /// Sets what happens with new tokens when the store is full. Default: [`WhenFull::Reject`].
    /// Clones made before keep their setting.
    #[must_use]
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Returns the number of entries, including some that have expired and are not removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().digests.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the digest was not stored before, or `None` if the store is full.
    fn insert(&self, digest: Digest, ttl: Duration) -> Option<bool> {
        let now = self.shared.start.elapsed();
        let (now, expiry) = (seconds(now), seconds(now.saturating_add(ttl)));
        let mut entries = self.shared.lock();
        entries.remove_expired(now);
        if entries.digests.contains(&digest) {
            return Some(false);
        }
        let is_full = entries.len() >= self.max_entries;
        let rejects = is_full && self.when_full == WhenFull::Reject;
        if !rejects {
            entries.insert(digest, expiry.saturating_add(1), is_full);
        }
        let logs = is_full && entries.may_log(now);
        drop(entries);
        if logs {
            trace::replay_store_full(self.max_entries);
        }
        (!rejects).then_some(true)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn insert_once(&self, id: TokenId<'_>, ttl: Duration) -> InsertOutcome {
        let inserted = self.insert(self.shared.digest(id), ttl);
        InsertOutcome::Ready(inserted.ok_or_else(|| "the store of used tokens is full".into()))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, id: TokenId<'_>) -> Digest {
        // With the length of the issuer in front, no two pairs are the same message.
        let issuer = id.issuer().as_bytes();
        let len = issuer.len().to_be_bytes();
        keyed_digest(&self.key, [&len, issuer, id.id().as_bytes()])
    }
}

impl Entries {
    fn len(&self) -> u64 {
        u64::try_from(self.digests.len()).unwrap_or(u64::MAX)
    }

    /// Adds an entry, and if `evicts` is true, removes the first to expire.
    fn insert(&mut self, digest: Digest, expiry: u32, evicts: bool) {
        if evicts {
            self.remove_first();
        }
        self.digests.insert(digest);
        self.by_expiry.push(Reverse((expiry, digest)));
    }

    /// Removes a few of the entries that have expired. If there are any, at least one.
    fn remove_expired(&mut self, now: u32) {
        for _ in 0..REMOVED_PER_CALL {
            match self.by_expiry.peek() {
                Some(Reverse((expiry, _))) if *expiry <= now => self.remove_first(),
                _ => return,
            }
        }
    }

    fn remove_first(&mut self) {
        if let Some(Reverse((_, digest))) = self.by_expiry.pop() {
            self.digests.remove(&digest);
        }
    }

    /// Returns whether the last log event was long enough ago, and counts the next one.
    fn may_log(&mut self, now: u32) -> bool {
        let next = self
            .last_logged
            .map(|last| last.saturating_add(LOG_INTERVAL));
        let may_log = next.is_none_or(|next| next <= now);
        if may_log {
            self.last_logged = Some(now);
        }
        may_log
    }
}

/// Returns whole seconds. There are 136 years of them.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// Shows the settings.
impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("max_entries", &self.max_entries)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}
