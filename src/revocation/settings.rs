//! The settings of the list.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{OnStaleRevocations, RevocationStore};

/// Settings of a list of revocations: see
/// [`Revocations::with_settings`](crate::Revocations::with_settings).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{ConfigError, RevocationSettings, Revocations};
///
/// # fn build() -> Result<Revocations, ConfigError> {
/// let settings = RevocationSettings::default()
///     .max_entries(100_000)
///     .max_lifetime(Duration::from_secs(60 * 60));
/// Revocations::with_settings(settings)
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct RevocationSettings {
    pub(super) max_entries: usize,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) when_full: WhenRevocationsFull,
    pub(super) store: Option<(Arc<dyn RevocationStore>, OnStaleRevocations)>,
    pub(super) max_staleness: Duration,
}

/// What happens to tokens when a revocation is not added, because the list is full of entries that
/// have not ended. In both cases, the call returns [`RevocationsFull`](crate::RevocationsFull), and
/// a log event at level error says so, at most once a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenRevocationsFull {
    /// Fails closed. The layer rejects with 503
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)) each token that the revocation
    /// could apply to: since it was not added, each one that was issued before the time of the
    /// revocation, or has no `iat`, of any issuer. That lasts until the last of them has expired.
    /// Tokens that are issued later are accepted, and those in the list are rejected with 401. The
    /// default.
    #[default]
    Reject,
    /// Fails open: the tokens of that revocation stay accepted. Those in the list are rejected.
    Accept,
}

impl Default for RevocationSettings {
    fn default() -> Self {
        Self {
            max_entries: 1_000_000,
            max_lifetime: None,
            when_full: WhenRevocationsFull::default(),
            store: None,
            max_staleness: Duration::from_secs(30),
        }
    }
}

impl RevocationSettings {
    /// Sets the maximum number of entries. Default: 1,000,000. Allowed: 1 to 100,000,000.
    ///
    /// The memory, 50 to 100 bytes for each, is allocated as they are added. Each revocation is one
    /// entry until it ends; a repeated one is not added again. A logout by
    /// [`BackChannelLogout`](crate::BackChannelLogout) with `sid` and `sub` adds two. So choose a
    /// number that is never reached within [`max_lifetime`](Self::max_lifetime) and 65 minutes.
    pub const fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Sets the maximum time from `iat` to `exp` of the tokens that can be revoked. It tells when
    /// the entry of a subject, session, client or issuer ends: when the last token that was issued
    /// before has expired. Allowed: 1 minute to 366 days.
    ///
    /// Default: the longest [`max_lifetime`](crate::JwtAuthBuilder::max_lifetime) of the layers
    /// that have this list, where one without it counts as 24 hours. A layer with this list and
    /// without `max_lifetime` rejects tokens with a lifetime of more than this setting, or than 24
    /// hours if it is not set, with 401 ([`InvalidClaim`](crate::ErrorKind::InvalidClaim), `exp`):
    /// an entry would end before they do, and they would be accepted again. The lifetime of a token
    /// without `iat` is not known: it is rejected while its `exp` is further ahead than that, and
    /// may be accepted again after the entry has ended, if it expires later. `max_lifetime` of the
    /// layer requires `iat`.
    pub const fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// Sets what happens to tokens when the list is full. Default: [`WhenRevocationsFull::Reject`].
    pub const fn when_full(mut self, when_full: WhenRevocationsFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Sets a store that several processes share: all of them reject what one of them revokes.
    /// Default: none; the list belongs to this process. `on_stale` says what happens to requests
    /// while the list is stale: older than [`max_staleness`](Self::max_staleness), as in an outage
    /// of the store.
    ///
    /// Each process has the whole list in memory, and no request waits for the store. A background
    /// task loads the list and follows its changes. It starts when the layer is built in a tokio
    /// runtime, or else with the first request, and ends with the last clone of the list. Until the
    /// list is loaded, requests get 503: wait for
    /// [`Revocations::loaded`](crate::Revocations::loaded), or
    /// [`Authenticator::prefetch`](crate::Authenticator::prefetch), before the process gets
    /// traffic.
    ///
    /// A call such as [`revoke`](crate::Revocations::revoke) returns at once, and the revocation is
    /// in force in this process from then on. The entry is stored in the background, with retries
    /// until it succeeds; [`Revocations::stored`](crate::Revocations::stored) waits for that. If
    /// the store loses its data, the processes store their entries again when they notice it.
    ///
    /// The ids are hashed with SHA-256 and no secret, since all processes must compute the same
    /// hash. So a client of the store that can read can tell whether an id that it knows was
    /// revoked.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{
    ///     ConfigError, OnStaleRevocations, RevocationSettings, RevocationStore, Revocations,
    /// };
    ///
    /// fn revocations(store: impl RevocationStore) -> Result<Revocations, ConfigError> {
    ///     let settings = RevocationSettings::default().store(store, OnStaleRevocations::Reject);
    ///     Revocations::with_settings(settings)
    /// }
    /// ```
    pub fn store(mut self, store: impl RevocationStore, on_stale: OnStaleRevocations) -> Self {
        self.store = Some((Arc::new(store), on_stale));
        self
    }

    /// Sets the maximum time since the list was last known to be up to date with its store. A
    /// revocation by another process can be missing for that time. An older list is stale, and
    /// [`OnStaleRevocations`] applies. Default: 30 seconds. Allowed: 5 seconds to 1 hour. Has no
    /// effect without a [`store`](Self::store).
    pub const fn max_staleness(mut self, staleness: Duration) -> Self {
        self.max_staleness = staleness;
        self
    }
}

/// Shows whether there is a store, and nothing of it.
impl fmt::Debug for RevocationSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on_stale = self.store.as_ref().map(|(_, on_stale)| on_stale);
        f.debug_struct("RevocationSettings")
            .field("max_entries", &self.max_entries)
            .field("max_lifetime", &self.max_lifetime)
            .field("when_full", &self.when_full)
            .field("on_stale", &on_stale)
            .field("max_staleness", &self.max_staleness)
            .finish_non_exhaustive()
    }
}
