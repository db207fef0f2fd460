//! Tokens that were verified, so that their signature need not be checked again.
//!
//! Only what a signature proves is remembered. Time, revocation, scopes, predicates and replay are checked at every use.
//! Not moka, as everything else that is cached here, nor another cache: those that are bounded take a lock to read, or
//! cost four times as much (docs/performance.md has the figures).

mod settings;
mod table;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldhash::fast::RandomState;

use self::table::Table;
use crate::config_error::ConfigError;
use crate::first_sight::Sight;
use crate::jwt::{Claims, Rules};

pub use self::settings::TokenCacheSettings;

/// How much of a token's end is hashed. That is the end of its signature, as good as random; equality compares all.
const HASHED: usize = 16;
/// By how much two threads that read the clock one after the other may seem to disagree.
const JITTER: Duration = Duration::from_secs(1);
/// What an entry takes beside the texts, in bytes.
const OVERHEAD: usize = 400;

/// The verified tokens of one authenticator: another one, with other rules, has its own.
pub(crate) struct TokenCache<C> {
    verified: Table<Entry<C>>,
    /// Keyed, so that nobody can choose tokens that collide.
    hasher: RandomState,
    longest: Duration,
    /// The latest time of day that was met, in seconds since 1970.
    latest: AtomicU64,
}

/// What is remembered of a token.
pub(crate) struct Entry<C> {
    token: Box<[u8]>,
    claims: Claims<C>,
    /// Which of the configured issuers it is.
    pub(crate) issuer: usize,
    /// The key set that the signing key was in.
    pub(crate) key_set: u64,
    /// From when on and until when it may be used, as time since 1970: within its token's time, and its cap.
    from: Duration,
    until: Duration,
}

impl<C> TokenCache<C> {
    pub(crate) fn new(settings: &TokenCacheSettings) -> Result<Self, ConfigError> {
        settings.check()?;
        Ok(Self {
            verified: Table::new(settings.entries, settings.bytes),
            hasher: RandomState::default(),
            longest: settings.longest,
            latest: AtomicU64::new(0),
        })
    }

    /// The claims of this very token, if it was verified not too long ago and what that rested on still `stands`. `now`
    /// is the time since 1970.
    pub(crate) fn get(&self, token: &[u8], now: Duration, stands: impl Fn(&Entry<C>) -> bool) -> Option<Claims<C>> {
        self.notice(now);
        let is_good =
            |entry: &Entry<C>| *entry.token == *token && entry.from <= now && now < entry.until && stands(entry);
        self.verified.find(self.hash(token), |entry| is_good(entry).then(|| entry.claims.clone()))
    }

    /// Remembers a token that was verified `now`.
    pub(crate) fn insert(&self, token: &[u8], sight: &Sight<C>, rules: &Rules, now: Duration) {
        let (from, until) = sight.claims.validity(rules);
        let entry = Entry {
            token: token.into(),
            claims: sight.claims.clone(),
            issuer: sight.place,
            key_set: sight.key_set,
            from: from.max(now.saturating_sub(JITTER)),
            until: until.min(now.saturating_add(self.longest)),
        };
        let weight = token.len().saturating_add(entry.claims.json().len()).saturating_mul(2).saturating_add(OVERHEAD);
        let is_useless = |other: &Entry<C>| other.until <= now || *other.token == *token;
        self.verified.insert(self.hash(token), entry, weight, is_useless);
    }

    fn hash(&self, token: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(token.last_chunk::<HASHED>().map_or(token, |end| end));
        hasher.finish()
    }

    /// Ages are told by the time of day, which has to be read anyway. Should it step back, they can't be told any more,
    /// and everything is forgotten.
    fn notice(&self, now: Duration) {
        let latest = self.latest.load(Ordering::Relaxed);
        if now.as_secs() > latest {
            self.latest.fetch_max(now.as_secs(), Ordering::Relaxed);
        } else if now.saturating_add(JITTER).as_secs() < latest {
            self.verified.clear();
            self.latest.store(now.as_secs(), Ordering::Relaxed);
        }
    }
}

impl<C> fmt::Debug for TokenCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
