//! The cache of verified tokens: it saves checking a signature again.
//!
//! Only what the signature proves is cached. Time, revocation, scopes, predicates and replay are
//! checked for every request.
//!
//! This is not moka, which the crate uses elsewhere: bounded caches that are available as crates
//! take a lock to read, or cost four times as much (docs/performance.md has the figures).

mod accounts;
mod epoch;
mod set;
mod settings;
mod table;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use triomphe::ThinArc;

use self::accounts::Cost;
use self::epoch::{Epoch, JITTER};
use self::table::Table;
use crate::config_error::ConfigError;
use crate::jwt::{Claims, Rules};
use crate::verify::{ConfiguredIssuer, Verification};

pub use self::settings::TokenCacheSettings;

/// How many bytes at the end of a token are hashed. They are the end of its signature, which is as
/// good as random. Comparison includes all bytes.
const HASHED_LEN: usize = 16;
/// The memory of an entry beyond token and claims, in bytes.
const OVERHEAD: usize = 400;

/// The verified tokens of one authenticator. Another one has other rules, and a cache of its own.
pub(crate) struct TokenCache<C> {
    verified: Table<Entry<C>>,
    /// Keyed, so that an attacker can't choose tokens that collide.
    hasher: RandomState,
    max_ttl: Duration,
    epoch: Epoch,
}

/// A cached token, followed by its bytes.
type Entry<C> = ThinArc<CachedToken<C>, u8>;

pub(crate) struct CachedToken<C> {
    claims: Claims<C>,
    pub(crate) issuer: Arc<ConfiguredIssuer>,
    /// The id of the key set that the signing key was in.
    pub(crate) key_set: u64,
    epoch: u64,
    /// When the entry may be used, as time since 1970: within the times of the token, and `max_ttl`.
    valid_from: Duration,
    valid_until: Duration,
}

impl<C> TokenCache<C> {
    pub(crate) fn new(settings: &TokenCacheSettings) -> Result<Self, ConfigError> {
        settings.validate()?;
        Ok(Self {
            verified: Table::new(settings.max_entries, settings.max_bytes),
            hasher: RandomState::default(),
            max_ttl: settings.max_ttl,
            epoch: Epoch::default(),
        })
    }

    /// Returns the claims of exactly this token, if its entry may be used now and is `still_valid`.
    /// `now` is the time since 1970.
    pub(crate) fn get(
        &self,
        token: &[u8],
        now: Duration,
        still_valid: impl Fn(&CachedToken<C>) -> bool,
    ) -> Option<Claims<C>> {
        let epoch = self.epoch.at(now);
        let is_current = |entry: &CachedToken<C>| {
            entry.epoch == epoch
                && entry.valid_from <= now
                && now < entry.valid_until
                && still_valid(entry)
        };
        self.verified.find(self.hash(token), |entry: &Entry<C>| {
            let is_match = entry.slice == *token && is_current(&entry.header.header);
            is_match.then(|| entry.header.header.claims.clone())
        })
    }

    /// Caches a token that was verified at `now`, or a little later.
    pub(crate) fn insert(
        &self,
        token: &[u8],
        verification: &Verification<C>,
        rules: &Rules,
        now: Duration,
    ) {
        let Some(epoch) = self.epoch.of(now) else {
            return;
        };
        let (valid_from, valid_until) = verification.claims.validity(rules);
        let valid_until = valid_until.min(now.saturating_add(self.max_ttl));
        let cached = CachedToken {
            claims: verification.claims.clone(),
            issuer: Arc::clone(&verification.issuer),
            key_set: verification.key_set,
            epoch,
            valid_from: valid_from.max(now.saturating_sub(JITTER)),
            valid_until,
        };
        let texts = token.len().saturating_add(verification.claims.json().len());
        let cost = Cost {
            bytes: texts.saturating_mul(2).saturating_add(OVERHEAD),
            valid_until,
        };
        let entry = Entry::from_header_and_slice(cached, token);
        self.verified
            .insert(self.hash(token), entry, cost, now, |other| {
                other.slice == *token
            });
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
