//! The cache of verified tokens, so that the signature of a repeated token need not be checked.
//!
//! Caches only what the signature proves. Times and the policy are checked at every use.
//!
//! Not built on moka, as the negative cache is, nor on another crate: bounded caches take a lock to
//! read, or cost four times as much (docs/performance.md has the figures).

mod epoch;
mod health;
mod settings;
mod sync;
mod table;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use triomphe::ThinArc;

use self::epoch::{Epoch, JITTER};
use self::table::{Cost, Table};
use crate::config_error::ConfigError;
use crate::jwt::{Claims, Rules};
use crate::verify::{ConfiguredIssuer, Verification};

pub use self::health::TokenCacheHealth;
pub use self::settings::TokenCacheSettings;
pub(crate) use self::table::Inserted;

/// The bytes at the end of a token that are hashed. They are the end of its signature and as good
/// as random. A look-up compares the whole token.
const HASHED_LEN: usize = 16;

/// The bytes that an entry takes besides its texts.
const ENTRY_OVERHEAD: usize = 400;

/// The verified tokens of one authenticator. Not shared: another authenticator has other rules.
pub(crate) struct TokenCache<C> {
    table: Table<Entry<C>>,
    /// Seeded at random, so that a client can't choose tokens that collide.
    hasher: RandomState,
    max_ttl: Duration,
    epoch: Epoch,
}

/// The bytes of the token follow in the same allocation.
pub(crate) type Entry<C> = ThinArc<CachedToken<C>, u8>;

/// The cached result of verifying a token.
pub(crate) struct CachedToken<C> {
    pub(crate) claims: Claims<C>,
    pub(crate) issuer: Arc<ConfiguredIssuer>,
    /// The id of the key set that the signing key was in.
    pub(crate) key_set_id: u64,
    /// The clock's epoch at the verification. `valid_from` and `valid_until` mean nothing in
    /// another one.
    epoch: u64,
    /// The start of the entry's validity, as time since 1970: the start of the token's validity, or
    /// [`JITTER`] before the verification, whichever is later.
    valid_from: Duration,
    /// The end of the entry's validity: the end of the token's validity or of `max_ttl`, whichever
    /// is earlier.
    valid_until: Duration,
}

impl<C> CachedToken<C> {
    fn is_fresh(&self, epoch: u64, now: Duration) -> bool {
        self.epoch == epoch && self.valid_from <= now && now < self.valid_until
    }
}

impl<C> TokenCache<C> {
    pub(crate) fn new(settings: &TokenCacheSettings) -> Result<Self, ConfigError> {
        settings.validate()?;
        Ok(Self {
            table: Table::new(settings.max_entries, settings.max_bytes),
            hasher: RandomState::default(),
            max_ttl: settings.max_ttl,
            epoch: Epoch::default(),
        })
    }

    /// Returns the entry of a cached token, if it is fresh. Tokens are compared byte by byte. `now`
    /// is the time since 1970.
    pub(crate) fn get(&self, token: &[u8], now: Duration) -> Option<Entry<C>> {
        let epoch = self.epoch.at(now);
        self.table.find(self.hash(token), |entry: &Entry<C>| {
            let is_hit = entry.slice == *token && entry.header.header.is_fresh(epoch, now);
            is_hit.then(|| entry.clone())
        })
    }

    /// Caches a token. `now` was read before the token was verified.
    pub(crate) fn insert(
        &self,
        token: &[u8],
        verification: &Verification<'_, C>,
        rules: &Rules,
        now: Duration,
    ) -> Inserted
    where
        C: 'static,
    {
        let Some(epoch) = self.epoch.of(now) else {
            return Inserted::default();
        };
        // Saturates: `now` and `max_ttl` may be any time, and the token's own end is a bound, too.
        let (valid_from, valid_until) = verification.claims.validity(rules);
        let valid_until = valid_until.min(now.saturating_add(self.max_ttl));
        let cached = CachedToken {
            claims: verification.claims.clone(),
            issuer: Arc::clone(&verification.issuer),
            key_set_id: verification.key_set_id,
            epoch,
            valid_from: valid_from.max(now.saturating_sub(JITTER)),
            valid_until,
        };
        // Saturates: a sum beyond `usize` is too large to be cached.
        let claims = &verification.claims;
        let texts = token.len().saturating_add(claims.json().len());
        let cost = Cost {
            bytes: texts
                .saturating_mul(2)
                .saturating_add(claims.max_values_len())
                .saturating_add(ENTRY_OVERHEAD),
            valid_until,
        };
        let entry = Entry::from_header_and_slice(cached, token);
        self.table
            .insert(self.hash(token), entry, cost, now, |other| {
                other.slice == *token
            })
    }

    /// Returns the state, for health checks.
    pub(crate) fn health(&self) -> TokenCacheHealth {
        let (entries, bytes) = self.table.usage();
        TokenCacheHealth { entries, bytes }
    }

    fn hash(&self, token: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(token.last_chunk::<HASHED_LEN>().map_or(token, |end| end));
        hasher.finish()
    }
}

impl<C> fmt::Debug for TokenCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
