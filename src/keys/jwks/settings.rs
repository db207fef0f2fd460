//! The settings of the JWKS cache.

use std::path::PathBuf;
use std::time::Duration;

use super::freshness::FreshnessLimits;
use crate::jwk::DEFAULT_MAX_CANDIDATES;

/// Settings of the cache of fetched keys. The defaults suit all common providers.
///
/// The TTL of a key set is what the issuer's response states (`Cache-Control: max-age`, or else
/// `Expires`; RFC 9111 §4.2), within [`min_ttl`](Self::min_ttl) and [`max_ttl`](Self::max_ttl). The
/// keys are refreshed in the background before it has passed. After that they are stale, and usable
/// only while the issuer can't be reached, for [`stale_if_error`](Self::stale_if_error). Then they
/// have expired: requests wait for a fetch, and get 503 if it fails, or at once during the backoff
/// after a failure.
///
/// The metadata of a discovered issuer has the same TTL limits. If it can't be renewed, the last
/// valid `jwks_uri` stays in use for one more `max_ttl`.
///
/// Values out of range are rejected when the layer is built, with
/// [`ConfigErrorKind::InvalidSetting`](crate::ConfigErrorKind::InvalidSetting). No time but
/// `default_ttl` may exceed 366 days.
///
/// Note: fetching needs a tokio runtime with time enabled, and for the default HTTP client also I/O
/// (`enable_all`). Building needs no runtime.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwksCacheSettings};
///
/// let settings = JwksCacheSettings::default().stale_if_error(Duration::from_secs(4 * 60 * 60));
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com")
///     .jwks_cache(settings);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct JwksCacheSettings {
    pub(super) freshness: FreshnessLimits,
    pub(super) stale_if_error: Duration,
    pub(super) withdrawal_grace: Duration,
    pub(super) fetch_timeout: Duration,
    pub(super) wait_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) refresh_at_percent: u32,
    pub(super) min_backoff: Duration,
    pub(super) max_backoff: Duration,
    pub(super) max_body_len: usize,
    pub(super) snapshot_dir: Option<PathBuf>,
    pub(super) max_refetches: usize,
    pub(super) refetch_window: Duration,
    pub(super) signature_refetch_interval: Duration,
    pub(super) max_waiters: usize,
    pub(super) max_candidates: usize,
    pub(super) allowed_key_hosts: Option<Vec<String>>,
    pub(super) allowed_http_hosts: Option<Vec<String>>,
}

impl Default for JwksCacheSettings {
    fn default() -> Self {
        Self {
            freshness: FreshnessLimits::default(),
            stale_if_error: Duration::from_secs(60 * 60),
            withdrawal_grace: Duration::from_secs(5 * 60),
            fetch_timeout: Duration::from_secs(5),
            wait_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_secs(60 * 60),
            refresh_at_percent: 80,
            min_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(4),
            max_body_len: 1024 * 1024,
            snapshot_dir: None,
            max_refetches: 2,
            refetch_window: Duration::from_secs(30),
            signature_refetch_interval: Duration::from_secs(60),
            max_waiters: 10_000,
            max_candidates: DEFAULT_MAX_CANDIDATES,
            allowed_key_hosts: None,
            allowed_http_hosts: None,
        }
    }
}

impl JwksCacheSettings {
    pub(crate) const fn has_snapshot_dir(&self) -> bool {
        self.snapshot_dir.is_some()
    }

    /// Sets the minimum TTL of a key set, whatever the response states. At least 1 s, at most
    /// [`max_ttl`](Self::max_ttl). Default: 1 minute.
    pub const fn min_ttl(mut self, ttl: Duration) -> Self {
        self.freshness.min_ttl = ttl;
        self
    }

    /// Sets the maximum TTL of a key set, whatever the response states. Bounds how long a withdrawn
    /// key is trusted. Default: 24 h.
    pub const fn max_ttl(mut self, ttl: Duration) -> Self {
        self.freshness.max_ttl = ttl;
        self
    }

    /// Sets the TTL of a key set whose response states none, within [`min_ttl`](Self::min_ttl) and
    /// [`max_ttl`](Self::max_ttl). Default: 10 minutes.
    pub const fn default_ttl(mut self, ttl: Duration) -> Self {
        self.freshness.default_ttl = ttl;
        self
    }

    /// Sets how long keys stay usable past their TTL while fetches fail (`stale-if-error` of RFC
    /// 5861 §4). Zero turns this off. Default: 1 h.
    pub const fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = time;
        self
    }

    /// Sets how long the cached keys stay usable after the issuer has sent a JWK set without a
    /// usable key, counted from the first such response. Zero withdraws them at once. Default: 5
    /// minutes.
    ///
    /// Such an issuer has withdrawn its keys, or it is broken. During the grace the keys are used
    /// as if the fetch had failed, so never longer than their TTL and
    /// [`stale_if_error`](Self::stale_if_error). After that, requests get 503. A response with
    /// usable keys, or a 304 that confirms the cached ones, ends the grace, and a restart does not
    /// prolong it. Reported as [`KeysEvent::Withdrawn`](crate::KeysEvent::Withdrawn).
    pub const fn withdrawal_grace(mut self, time: Duration) -> Self {
        self.withdrawal_grace = time;
        self
    }

    /// Sets the timeout of a fetch, which includes reading the body and, for a discovered issuer,
    /// the metadata. More than zero. Default: 5 s.
    pub const fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// Sets how long a request waits for a fetch before it gets 503. More than zero. Default: 3 s.
    pub const fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.wait_timeout = timeout;
        self
    }

    /// Sets the time without a verified token of this issuer after which its keys are no longer
    /// refreshed in the background. The next one resumes it, or a token that arrives without usable
    /// keys. Default: 1 h.
    ///
    /// The background task notices tokens only when it wakes, so refreshing can go on for up to
    /// twice this time.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets the part of its TTL, in percent, after which a key set is refreshed in the background.
    /// 10 to 95. Default: 80.
    ///
    /// With random jitter of up to an eighth of that, so that instances that started together do
    /// not fetch together: between 70 and 80 percent by default.
    pub const fn refresh_at_percent(mut self, percent: u32) -> Self {
        self.refresh_at_percent = percent;
        self
    }

    /// Sets the exponential backoff after failed fetches: `min` after the first failure, doubled
    /// with each further one up to `max`. With random jitter of up to a quarter less. `min` is at
    /// least 10 ms. Default: 0.5 s and 4 s.
    ///
    /// `max` bounds how long recovery takes when the issuer is back. With `Retry-After` an issuer
    /// can ask for more: up to 60 s, or 30 s after a fetch that a token with an unknown key or an
    /// invalid signature caused, and that does not delay scheduled refreshes.
    pub const fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.min_backoff = min;
        self.max_backoff = max;
        self
    }

    /// Sets the maximum length of a response body, in bytes. A longer one is a failed fetch. 1 KiB
    /// to 16 MiB. Default: 1 MiB.
    pub const fn max_body_len(mut self, bytes: usize) -> Self {
        self.max_body_len = bytes;
        self
    }

    /// Sets a directory for snapshots: the last fetched keys are stored there, in one file for each
    /// issuer, and loaded at the next start unless the TTL in the file and
    /// [`stale_if_error`](Self::stale_if_error) have passed, or they were withdrawn for longer than
    /// [`withdrawal_grace`](Self::withdrawal_grace). A restart then needs no issuer. Default: off.
    /// A file that can't be read or written is reported as
    /// [`KeysEvent::SnapshotFailed`](crate::KeysEvent::SnapshotFailed).
    ///
    /// The file contains public keys only, and their URL without its query. The directory must
    /// exist. It must belong to the service alone: a process that can write to it can add trusted
    /// keys. On Unix, no file is written if the directory, and none is read if the directory or the
    /// file, belongs to a user other than root and the one of this process, or group or others may
    /// write to it; nor is a file read that is not a regular one, such as a symbolic link.
    /// `SnapshotFailed` reports it.
    ///
    /// Note: in a directory that all users can write to, such as an `emptyDir` of Kubernetes,
    /// create one for the snapshots with mode 0700.
    pub fn snapshot_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.snapshot_dir = Some(dir.into());
        self
    }

    /// Sets how many fetches tokens whose key is not in the set can cause in `window`: those with
    /// an unknown `kid`, and those without `kid` and without a key for their `alg`. Scheduled
    /// refreshes don't count, nor do repetitions of a failed fetch after its backoff. `count` is at
    /// most 100, and 0 allows none; `window` is more than zero. Default: 2 in 30 s.
    ///
    /// These fetches send `Cache-Control: no-cache`, so that a cache on the way does not respond
    /// from its store. A key that such a fetch did not bring is cached as missing for `window`, or
    /// until the next successful fetch, unless its id is longer than 128 bytes.
    pub const fn refetch_limit(mut self, count: usize, window: Duration) -> Self {
        self.max_refetches = count;
        self.refetch_window = window;
        self
    }

    /// Sets the minimum time between two fetches that tokens with an invalid signature can cause.
    /// At least 1 s. Default: 1 minute. They do not count against
    /// [`refetch_limit`](Self::refetch_limit), nor do its fetches count here.
    ///
    /// If an issuer replaces a key under its id, or its keys have no ids, a token of the new key
    /// looks like a forged one. Such a token is rejected without waiting, and the keys are fetched
    /// in the background, if its key id is cached and its issuer and times are valid. So tokens of
    /// the new key are accepted after this time at the latest, if the fetch succeeds.
    pub const fn signature_refetch_interval(mut self, time: Duration) -> Self {
        self.signature_refetch_interval = time;
        self
    }

    /// Sets how many requests can wait for keys of this issuer at a time. Further ones get 503 at
    /// once. 1 to 1,000,000. Default: 10,000.
    pub const fn max_waiters(mut self, requests: usize) -> Self {
        self.max_waiters = requests;
        self
    }

    /// Sets how many keys are tried for one token, 1 to 128. Default: 8.
    ///
    /// Matters only for a token without `kid`, and for keys without an id or with the same one: see
    /// [`KeySet::with_max_candidates`](crate::KeySet::with_max_candidates), which sets it for keys
    /// that are not fetched.
    ///
    /// Note: a forged token without `kid` costs as many signature checks as keys are tried.
    /// [`offload`](crate::JwtAuthBuilder::offload) has slow ones checked on other threads.
    pub const fn max_candidates(mut self, keys: usize) -> Self {
        self.max_candidates = keys;
        self
    }

    /// Returns the time after which a fetch is given up: its own timeout has failed, because its
    /// runtime is not polled any more.
    pub(super) const fn max_fetch_duration(&self) -> Duration {
        // Saturates only beyond what `validate` accepts.
        self.fetch_timeout.saturating_add(Duration::from_secs(1))
    }

    /// Returns the timeout of fetching the metadata if there is a cached `jwks_uri` to fall back
    /// to: half of `fetch_timeout`.
    pub(super) fn metadata_timeout(&self) -> Duration {
        self.fetch_timeout.div_f64(2.0)
    }
}
