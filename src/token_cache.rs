//! Tokens that were verified, so that their signature need not be checked again.
//!
//! Only what a signature proves is remembered. Time, revocation, scopes, predicates and replay are checked at every use.
//! `quick_cache`, because measured it costs a quarter of what moka does with many tokens in rotation; everything else that
//! is cached here is moka's.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldhash::fast::RandomState;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, OptionsBuilder, Weighter};

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::first_sight::Sight;
use crate::jwt::{Claims, Rules};

/// How much of a token's end is hashed. That is the end of its signature, as good as random; equality compares all.
const HASHED: usize = 16;
/// By how much two threads that read the clock one after the other may seem to disagree.
const JITTER: Duration = Duration::from_secs(1);
/// What an entry takes beside the texts.
const OVERHEAD: usize = 400;

/// Remembers verified tokens: see [`JwtAuthBuilder::remember_tokens`](crate::JwtAuthBuilder::remember_tokens).
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenCacheSettings};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discover("https://login.example.com/", "https://api.example.com"))
///     .remember_tokens(TokenCacheSettings::default().longest(Duration::from_secs(60)))
///     .build()
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenCacheSettings {
    entries: usize,
    bytes: usize,
    longest: Duration,
}

impl Default for TokenCacheSettings {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 32 * 1024 * 1024, longest: Duration::from_secs(5 * 60) }
    }
}

impl TokenCacheSettings {
    /// The most tokens that are remembered. Default: 10,000.
    pub const fn entries(mut self, most: usize) -> Self {
        self.entries = most;
        self
    }

    /// The most memory that they may take, in bytes; counted are tokens and claims as text, each twice. Default: 32 MiB.
    pub const fn bytes(mut self, most: usize) -> Self {
        self.bytes = most;
        self
    }

    /// How long a token is remembered at most. Default: 5 minutes.
    pub const fn longest(mut self, time: Duration) -> Self {
        self.longest = time;
        self
    }

    fn check(&self) -> Result<(), ConfigError> {
        let sensible = (1..=100_000_000).contains(&self.entries) && self.bytes >= 64 * 1024 && !self.longest.is_zero();
        if sensible {
            return Ok(());
        }
        Err(ConfigError::new(ConfigErrorKind::Contradiction, "the memory for verified tokens has no room or no time"))
    }
}

/// The verified tokens of one authenticator: another one, with other rules, has its own.
pub(crate) struct TokenCache<C> {
    verified: Cache<Token, Entry<C>, Weight, EndHasher, DefaultLifecycle<Token, Entry<C>>>,
    longest: Duration,
    /// The latest time of day that was met, in seconds since 1970.
    latest: AtomicU64,
}

/// What is remembered of a token.
pub(crate) struct Entry<C> {
    pub(crate) claims: Claims<C>,
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
        let weight = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        // Bounded by weight alone, so that an entry weighs at least its share: then there can't be too many either.
        let least = weight(settings.bytes.div_euclid(settings.entries)).max(1);
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(settings.entries).weight_capacity(weight(settings.bytes));
        let options = options.build().map_err(|error| {
            ConfigError::new(ConfigErrorKind::Contradiction, "the memory for verified tokens can't be laid out")
                .with_source(error.to_string())
        })?;
        let hasher = EndHasher(RandomState::default());
        let verified = Cache::with_options(options, Weight { least }, hasher, DefaultLifecycle::default());
        Ok(Self { verified, longest: settings.longest, latest: AtomicU64::new(0) })
    }

    /// What is remembered of this very token, if that is not too long ago. `now` is the time since 1970.
    pub(crate) fn get(&self, token: &[u8], now: Duration) -> Option<Entry<C>> {
        self.notice(now);
        self.verified.get(&Borrowed(token)).filter(|entry| entry.from <= now && now < entry.until)
    }

    /// Remembers a token that was verified `now`.
    pub(crate) fn insert(&self, token: &str, sight: &Sight<C>, rules: &Rules, now: Duration) {
        let (from, until) = sight.claims.validity(rules);
        let entry = Entry {
            claims: sight.claims.clone(),
            issuer: sight.place,
            key_set: sight.key_set,
            from: from.max(now.saturating_sub(JITTER)),
            until: until.min(now.saturating_add(self.longest)),
        };
        self.verified.insert(Token(token.into()), entry);
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

    pub(crate) fn remove(&self, token: &[u8]) {
        self.verified.remove(&Borrowed(token));
    }
}

// By hand, because a derived one would ask for `C: Clone`.
impl<C> Clone for Entry<C> {
    fn clone(&self) -> Self {
        Self { claims: self.claims.clone(), ..*self }
    }
}

#[derive(PartialEq, Eq)]
struct Token(Box<str>);

struct Borrowed<'t>(&'t [u8]);

impl Equivalent<Token> for Borrowed<'_> {
    fn equivalent(&self, token: &Token) -> bool {
        *self.0 == *token.0.as_bytes()
    }
}

impl Hash for Token {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        Borrowed(self.0.as_bytes()).hash(hasher);
    }
}

impl Hash for Borrowed<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.0.last_chunk::<HASHED>().map_or(self.0, |end| end));
    }
}

/// Keyed, so that nobody can choose tokens that collide. A type of its own, to show nothing.
#[derive(Clone)]
struct EndHasher(RandomState);

impl BuildHasher for EndHasher {
    type Hasher = <RandomState as BuildHasher>::Hasher;

    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

#[derive(Clone)]
struct Weight {
    least: u64,
}

impl<C> Weighter<Token, Entry<C>> for Weight {
    fn weight(&self, token: &Token, entry: &Entry<C>) -> u64 {
        let texts = token.0.len().saturating_add(entry.claims.json().len()).saturating_mul(2);
        u64::try_from(texts.saturating_add(OVERHEAD)).unwrap_or(u64::MAX).max(self.least)
    }
}

impl<C> fmt::Debug for TokenCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("entries", &self.verified.len()).finish_non_exhaustive()
    }
}
