//! The ids of used tokens and proofs in the memory of this process.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::entries::{Digest, Entries, Entry, NoSpace};
use super::owners::Owner;
use super::{InsertOutcome, ReplayKey, ReplayKind, ReplayStore};
use crate::config_error::ConfigError;
use crate::trace;

/// The ids of used tokens and DPoP proofs in the memory of this process. Clones share their
/// entries.
///
/// [`reject_replays`](crate::JwtAuthBuilder::reject_replays) and [`Dpop`](crate::Dpop) make one for
/// each layer. Give a clone of one store to several layers if a token may be used once for all of
/// them together. Processes share one in Redis (`RedisReplayStore`, feature `redis`), or a
/// [`ReplayStore`] of your own.
///
/// An entry is a hash of fixed size, whatever the length of the id: about 50 to 100 bytes for a
/// token, 60 to 120 for a proof. That of a token stays at least until 5 minutes and the leeway
/// after its token expires (with [`replay_store`](crate::JwtAuthBuilder::replay_store): the maximum
/// leeway, an hour), unless [`WhenFull::Evict`] is set. That of a proof stays until 5 minutes after
/// the proof could be used for the last time.
///
/// Once the store is half full, the proofs of one key may have a sixteenth of the entries, so that
/// one client can't fill the store. Further ones get 503, like all new ones of a full store.
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
///
/// A DPoP proof is rejected with 503 in both cases, and its entry is never removed early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Rejects the token with 503
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)); it does not count as used. The
    /// default.
    #[default]
    Reject,
    /// Accepts the token, and removes the entry that expires first. The token of that entry can
    /// then be used again. If it is the entry of a proof, rejects the token.
    Evict,
}

struct Shared {
    /// Its key is random, so that no client can find a key whose share is that of another client.
    hash: RandomState,
    start: Instant,
    entries: Mutex<Entries>,
}

impl MemoryReplayStore {
    /// Creates a store for up to `max_entries` tokens and proofs. The memory is allocated as they
    /// arrive.
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
                hash: RandomState::new(),
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
        self.shared.lock().len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the entry was not stored before.
    fn insert(&self, digest: Digest, owner: Option<Owner>, ttl: Duration) -> Result<bool, NoSpace> {
        let now = self.shared.start.elapsed();
        let (now, expiry) = (seconds(now), seconds(now.saturating_add(ttl)));
        let mut entries = self.shared.lock();
        entries.remove_expired(now);
        if entries.contains(&digest) {
            return Ok(false);
        }
        let is_full = entries.is_full(self.max_entries);
        let entry = Entry {
            // Rounded up, since `now` is rounded down.
            expiry: expiry.saturating_add(1),
            digest,
            owner,
        };
        let added = entries.add(entry, now, self.max_entries, self.when_full);
        let reason = added.err().or(is_full.then_some(NoSpace::Full));
        let logged = reason.and_then(|reason| Some((reason, entries.may_log(reason, now)?)));
        drop(entries);
        match logged {
            Some((NoSpace::Full, suppressed)) => {
                trace::replay_store_full(self.max_entries, suppressed);
            }
            Some((NoSpace::Share, suppressed)) => {
                trace::replay_share_used_up(self.max_entries, suppressed);
            }
            None => {}
        }
        added.map(|()| true)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        let owner = match key.kind() {
            ReplayKind::Token => None,
            ReplayKind::Proof => Some(self.shared.owner(key.owner())),
        };
        let inserted = self.insert(key.digest(), owner, ttl);
        InsertOutcome::Ready(inserted.map_err(|no_space| no_space.cause(key.kind()).into()))
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn entries(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl Shared {
    fn owner(&self, thumbprint: &str) -> Owner {
        let [.., a, b, c, d] = self.hash.hash_one(thumbprint).to_be_bytes();
        Owner::new(u32::from_be_bytes([a, b, c, d])).unwrap_or(Owner::MIN)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
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
