//! Tokens that were verified, so that their signature need not be checked again.
//!
//! Only what a signature proves is cached. Time, revocation, scopes, predicates and replay are checked at every use.
//! Not moka, as everything else that is cached here, nor another cache: those that are bounded take a lock to read, or
//! cost four times as much (docs/performance.md has the figures).

mod accounts;
mod epoch;
mod set;
mod settings;
mod table;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use foldhash::fast::RandomState;
use triomphe::ThinArc;

use self::accounts::Worth;
use self::epoch::{Epoch, JITTER};
use self::table::Table;
use crate::config_error::ConfigError;
use crate::jwt::{Claims, Rules};
use crate::verify::{ConfiguredIssuer, Verification};

pub use self::settings::TokenCacheSettings;

/// How much of a token's end is hashed. That is the end of its signature, as good as random; equality compares all.
const HASHED: usize = 16;
/// What an entry takes beside the texts, in bytes.
const OVERHEAD: usize = 400;

/// The verified tokens of one authenticator: another one, with other rules, has its own.
pub(crate) struct TokenCache<C> {
    verified: Table<Entry<C>>,
    /// Keyed, so that nobody can choose tokens that collide.
    hasher: RandomState,
    max_ttl: Duration,
    epoch: Epoch,
}

/// What is cached of a token, and its bytes behind that.
type Entry<C> = ThinArc<CachedToken<C>, u8>;

pub(crate) struct CachedToken<C> {
    claims: Claims<C>,
    /// Which of the configured issuers it is.
    pub(crate) issuer: std::sync::Arc<ConfiguredIssuer>,
    /// The key set that the signing key was in.
    pub(crate) key_set: u64,
    epoch: u64,
    /// From when on and until when it may be used, as time since 1970: within its token's time, and its cap.
    from: Duration,
    until: Duration,
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

    /// The claims of this very token, if it was verified not too long ago and what that rested on still `stands`. `now`
    /// is the time since 1970.
    pub(crate) fn get(
        &self,
        token: &[u8],
        now: Duration,
        stands: impl Fn(&CachedToken<C>) -> bool,
    ) -> Option<Claims<C>> {
        let epoch = self.epoch.at(now);
        let is_good = |entry: &CachedToken<C>| {
            entry.epoch == epoch && entry.from <= now && now < entry.until && stands(entry)
        };
        self.verified.find(self.hash(token), |entry: &Entry<C>| {
            let is_it = entry.slice == *token && is_good(&entry.header.header);
            is_it.then(|| entry.header.header.claims.clone())
        })
    }

    /// Remembers a token that was verified `now`, or a little later.
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
        let (from, until) = verification.claims.validity(rules);
        let until = until.min(now.saturating_add(self.max_ttl));
        let cached = CachedToken {
            claims: verification.claims.clone(),
            issuer: std::sync::Arc::clone(&verification.issuer),
            key_set: verification.key_set,
            epoch,
            from: from.max(now.saturating_sub(JITTER)),
            until,
        };
        let texts = token.len().saturating_add(verification.claims.json().len());
        let worth = Worth {
            weight: texts.saturating_mul(2).saturating_add(OVERHEAD),
            until,
        };
        let entry = Entry::from_header_and_slice(cached, token);
        self.verified
            .insert(self.hash(token), entry, worth, now, |other| {
                other.slice == *token
            });
    }

    fn hash(&self, token: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(token.last_chunk::<HASHED>().map_or(token, |end| end));
        hasher.finish()
    }
}

impl<C> fmt::Debug for TokenCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
