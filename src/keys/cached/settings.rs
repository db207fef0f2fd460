//! How a fetched key set is kept.

use std::path::PathBuf;
use std::time::Duration;

use super::lifetime::Lifetime;
use crate::config_error::{ConfigError, ConfigErrorKind};

const SECOND: Duration = Duration::from_secs(1);
/// No time here is meant to be longer, and sums of such times can't overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How fetched keys are kept, refreshed and given up. The defaults suit every provider we know of.
///
/// Fetching needs a tokio runtime with time enabled, and for the default HTTP client I/O too (`enable_all`); building
/// does not. Metadata of a discovered issuer lives within the same bounds as its keys; where it can't be renewed, the
/// last good `jwks_uri` is used for one longest life more.
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{CacheSettings, Issuer};
///
/// let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com")
///     .cache(CacheSettings::default().stale_for(Duration::from_secs(4 * 60 * 60)));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CacheSettings {
    pub(super) lifetime: Lifetime,
    pub(super) stale_for: Duration,
    pub(super) fetch_timeout: Duration,
    pub(super) patience: Duration,
    pub(super) idle_after: Duration,
    /// Per cent of a life.
    pub(super) refresh_after: u32,
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) body_limit: usize,
    pub(super) snapshot_folder: Option<PathBuf>,
    pub(super) refetches: usize,
    pub(super) refetch_window: Duration,
    pub(super) most_waiting: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            lifetime: Lifetime::default(),
            stale_for: Duration::from_secs(60 * 60),
            fetch_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(3),
            idle_after: Duration::from_secs(60 * 60),
            refresh_after: 80,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(4),
            body_limit: 1024 * 1024,
            snapshot_folder: None,
            refetches: 2,
            refetch_window: Duration::from_secs(30),
            most_waiting: 10_000,
        }
    }
}

impl CacheSettings {
    /// The shortest life of a key set, whatever `Cache-Control` says. Default: 1 minute.
    pub const fn shortest_life(mut self, life: Duration) -> Self {
        self.lifetime.shortest = life;
        self
    }

    /// The longest life of a key set, whatever `Cache-Control` says: how long a withdrawn key may live on. Default: 24 h.
    pub const fn longest_life(mut self, life: Duration) -> Self {
        self.lifetime.longest = life;
        self
    }

    /// The life of a key set whose `Cache-Control` names none. Default: 10 minutes.
    pub const fn unstated_life(mut self, life: Duration) -> Self {
        self.lifetime.unstated = life;
        self
    }

    /// How long keys serve beyond their life while the issuer can't be reached. 0: not at all. Default: 1 h.
    pub const fn stale_for(mut self, time: Duration) -> Self {
        self.stale_for = time;
        self
    }

    /// The time for one fetch, body included. Default: 5 s.
    pub const fn fetch_timeout(mut self, time: Duration) -> Self {
        self.fetch_timeout = time;
        self
    }

    /// How long a request waits for a fetch before it gets a 503. Default: 3 s.
    pub const fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// After how long without a token of this issuer its keys are no longer refreshed, up to twice as long, since
    /// tokens are noticed then; the next one resumes it. Default: 1 h.
    pub const fn idle_after(mut self, time: Duration) -> Self {
        self.idle_after = time;
        self
    }

    /// After how many per cent of its life, at the latest, a key set is refreshed; up to an eighth of that earlier, so
    /// that a fleet that started together doesn't fetch together. 10 to 95. Default: 80.
    pub const fn refresh_after(mut self, per_cent: u32) -> Self {
        self.refresh_after = per_cent;
        self
    }

    /// The pause after a failed fetch: the first one, doubled at each failure that follows up to the longest, each up to
    /// a quarter shorter by chance. The longest one bounds how long service takes to resume when the issuer is back. An
    /// issuer may ask for more, up to 60 s, by `Retry-After`. Default: 0.5 s and 4 s.
    pub const fn retry_pause(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// The largest answer that is read, in bytes. Default: 1 MiB.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Keeps the last good keys in a file in this folder, one an issuer, and starts with them if they still may serve: a
    /// restart during an outage of the issuer then changes nothing. Public keys only, and no query of their URL. The
    /// folder must exist, and be the service's own: who can write there can make keys that are trusted. Default: off.
    pub fn snapshot_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.snapshot_folder = Some(folder.into());
        self
    }

    /// How many fetches tokens with unknown key ids may cause in a time. Scheduled ones don't count. Default: 2 in 30 s.
    pub const fn unknown_key_refetches(mut self, most: usize, window: Duration) -> Self {
        self.refetches = most;
        self.refetch_window = window;
        self
    }

    /// How many requests may wait at a time for keys of this issuer. One more is refused at once, as are those who have
    /// waited in vain: 503. Default: 10,000.
    pub const fn most_waiting(mut self, requests: usize) -> Self {
        self.most_waiting = requests;
        self
    }

    pub(crate) const fn largest_body(&self) -> usize {
        self.body_limit
    }

    pub(crate) const fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// After that a fetch is lost: the runtime under it is not polled any more.
    pub(super) const fn longest_flight(&self) -> Duration {
        self.fetch_timeout.saturating_add(SECOND)
    }

    /// For the metadata, where another fetch may follow.
    pub(crate) fn half_a_fetch(&self) -> Duration {
        // Half of a time is one.
        self.fetch_timeout.div_f64(2.0)
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let long = self
            .lifetime
            .longest
            .max(self.stale_for)
            .max(self.fetch_timeout)
            .max(self.refetch_window)
            .max(self.longest_pause)
            .max(self.idle_after)
            .max(self.patience);
        let wrong = if long > LONGEST {
            "a time is longer than a year"
        } else if self.lifetime.shortest > self.lifetime.longest {
            "the shortest life of a key set exceeds the longest"
        } else if self.lifetime.shortest < SECOND {
            "the shortest life of a key set is below one second"
        } else if self.fetch_timeout.is_zero() || self.patience.is_zero() {
            "no time is given to fetch keys, or to wait for them"
        } else if !(10..=95).contains(&self.refresh_after) {
            "a key set is not refreshed after 10 to 95 per cent of its life"
        } else if self.first_pause < Duration::from_millis(10)
            || self.first_pause > self.longest_pause
        {
            "the first pause after a failure is below 10 ms, or above the longest"
        } else if self.refetch_window.is_zero() || self.refetches > 100 {
            "the budget for unknown keys is no bound"
        } else if !(1024..=16 * 1024 * 1024).contains(&self.body_limit) {
            "the limit for a key set is not between 1 KiB and 16 MiB"
        } else if !(1..=1_000_000).contains(&self.most_waiting) {
            "the number of requests that may wait is not between 1 and 1,000,000"
        } else {
            return Ok(());
        };
        Err(ConfigError::new(ConfigErrorKind::Contradiction, wrong))
    }
}
