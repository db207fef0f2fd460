//! The handle of the list.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::list::List;
use super::shared::Sharing;
use super::{
    Revocable, Revocation, RevocationHealth, RevocationSettings, RevocationState, RevocationsFull,
    RevocationsUnavailable, TokenIds,
};
use crate::clock::Clock;
use crate::config_error::ConfigError;

/// A list of revoked tokens, for
/// [`JwtAuthBuilder::revocations`](crate::JwtAuthBuilder::revocations). Clones share their entries.
///
/// A token is revoked by its id, or together with others: those of a subject, session, client or
/// issuer that were issued before a time. The layer looks up the token of every request, a cached
/// one too: a request with a revoked token that arrives after the call gets 401
/// ([`Revoked`](crate::ErrorKind::Revoked)). [`until_expiry`](crate::until_expiry()) ends streams.
///
/// [`BackChannelLogout`](crate::BackChannelLogout) fills the list when users log out at their
/// issuer.
///
/// An entry ends by itself, 65 minutes after the last token has expired that it applies to: see
/// [`max_lifetime`](RevocationSettings::max_lifetime). Ids are held as keyed hashes (`SipHash` with
/// 128 bits and a random key), or, in a list with a store, as SHA-256 hashes.
///
/// Note: the list is in memory. It is empty after a restart, and other processes don't have it,
/// unless they [share a store](RevocationSettings::store).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{
///     Claims, ConfigError, Issuer, JwtAuthLayer, Revocations, RevocationsFull,
/// };
///
/// fn build(revocations: &Revocations) -> Result<JwtAuthLayer, ConfigError> {
///     let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
///     JwtAuthLayer::builder(issuer).revocations(revocations).build()
/// }
///
/// /// The handler behind a button "log out": the token of this request is no longer accepted.
/// fn log_out(claims: &Claims, revocations: &Revocations) -> Result<(), RevocationsFull> {
///     revocations.revoke(claims)
/// }
///
/// /// The account was closed: nor is any other token of the user.
/// fn close_account(claims: &Claims, revocations: &Revocations) -> Result<(), RevocationsFull> {
///     match claims.subject() {
///         Some(subject) => revocations.revoke_subject(claims.issuer(), subject),
///         None => revocations.revoke(claims),
///     }
/// }
/// # let revocations = Revocations::new();
/// # build(&revocations).unwrap();
/// # drop((log_out, close_account));
/// ```
#[derive(Clone)]
pub struct Revocations {
    list: Arc<List>,
}

impl Revocations {
    /// Creates an empty list with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            list: List::new(RevocationSettings::default()),
        }
    }

    /// Creates an empty list with these settings. With a [`store`](RevocationSettings::store),
    /// several processes share it.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if a value is out of its range.
    pub fn with_settings(settings: RevocationSettings) -> Result<Self, ConfigError> {
        settings.validate()?;
        Ok(Self {
            list: List::new(settings),
        })
    }

    /// Adds a revocation, which applies to requests that arrive after this call.
    ///
    /// Adding one again has no effect; of two for the same subject, session, client or issuer, the
    /// later time counts. A revocation is not added if all of its tokens have expired more than 65
    /// minutes ago.
    ///
    /// Takes a lock that no request takes, and copies the list when it has doubled.
    ///
    /// # Errors
    ///
    /// If the list is full: see [`WhenRevocationsFull`](crate::WhenRevocationsFull).
    pub fn add(&self, revocation: Revocation<'_>) -> Result<(), RevocationsFull> {
        self.list.add(&revocation)
    }

    /// Revokes the token with this `jti`: see [`Revocation::token`].
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke_token(
        &self,
        issuer: &str,
        id: &str,
        expires_at: SystemTime,
    ) -> Result<(), RevocationsFull> {
        self.add(Revocation::token(issuer, id, expires_at))
    }

    /// Revokes the tokens of a subject that were issued until now: see [`Revocation::subject`].
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke_subject(&self, issuer: &str, subject: &str) -> Result<(), RevocationsFull> {
        self.add(Revocation::subject(issuer, subject))
    }

    /// Revokes the tokens of a session that were issued until now, and within the leeway of the
    /// layer: see [`Revocation::session`].
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke_session(&self, issuer: &str, session: &str) -> Result<(), RevocationsFull> {
        self.add(Revocation::session(issuer, session))
    }

    /// Revokes the tokens of a client that were issued until now: see [`Revocation::client`].
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke_client(&self, issuer: &str, client: &str) -> Result<(), RevocationsFull> {
        self.add(Revocation::client(issuer, client))
    }

    /// Revokes all tokens of an issuer that were issued until now: see [`Revocation::issuer`].
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke_issuer(&self, issuer: &str) -> Result<(), RevocationsFull> {
        self.add(Revocation::issuer(issuer))
    }

    /// Waits until all revocations that this process has added before this call are in the
    /// [store](RevocationSettings::store), from which the other processes get them, also those that
    /// start later. Returns at once if the list has no store.
    ///
    /// # Errors
    ///
    /// [`RevocationsUnavailable`] after 2 seconds, or outside a tokio runtime. The revocations are
    /// in force in this process all the same, and will be stored when the store is available again.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_jwt_auth::{Claims, Revocations};
    ///
    /// async fn log_out(claims: &Claims, revocations: &Revocations) -> StatusCode {
    ///     match revocations.revoke(claims) {
    ///         Ok(()) if revocations.stored().await.is_ok() => StatusCode::NO_CONTENT,
    ///         _ => StatusCode::SERVICE_UNAVAILABLE,
    ///     }
    /// }
    /// ```
    pub async fn stored(&self) -> Result<(), RevocationsUnavailable> {
        match self.list.sharing() {
            Some(sharing) => sharing.stored().await,
            None => Ok(()),
        }
    }

    /// Waits until the list is loaded from its [store](RevocationSettings::store) for the first
    /// time. Returns at once if the list has no store.
    ///
    /// # Errors
    ///
    /// [`RevocationsUnavailable`] after 10 seconds, or outside a tokio runtime. The list will be
    /// loaded when the store is available; until then, requests get 503.
    pub async fn loaded(&self) -> Result<(), RevocationsUnavailable> {
        match self.list.sharing() {
            Some(sharing) => sharing.loaded().await,
            None => Ok(()),
        }
    }

    /// Returns the state of the list.
    #[must_use]
    pub fn health(&self) -> RevocationHealth {
        RevocationHealth {
            entries: self.len(),
            max_entries: self.list.settings.max_entries,
            full: self.list.is_full(),
            shared: self.list.sharing().map(Sharing::health),
        }
    }

    /// Returns whether several processes share the list.
    pub(crate) fn is_shared(&self) -> bool {
        self.list.sharing().is_some()
    }

    /// Returns the number of entries, including some that have ended and are not removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes over the settings of a layer. Returns the maximum time from `iat` to `exp` of its
    /// tokens.
    ///
    /// # Errors
    ///
    /// If the layer accepts tokens with a longer lifetime than that of the entries.
    pub(crate) fn bind(
        &self,
        clock: &Arc<dyn Clock>,
        max_lifetime: Option<Duration>,
        leeway: Duration,
    ) -> Result<Duration, ConfigError> {
        let settings = &self.list.settings;
        let lifetime = settings.lifetime_of(max_lifetime)?;
        self.list.bind(clock, lifetime, leeway);
        Ok(lifetime)
    }

    /// Returns what of a token is compared with the list.
    pub(crate) fn revocable(&self, ids: &TokenIds<'_>) -> Revocable {
        Revocable::new(self.clone(), ids)
    }

    /// Returns when the last of the tokens that are there now has expired.
    pub(crate) fn latest_expiry(&self) -> SystemTime {
        let since_epoch = self.list.now().saturating_add(self.list.max_lifetime());
        let latest = SystemTime::UNIX_EPOCH.checked_add(since_epoch);
        // Never `None`: it is about now.
        latest.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns whether no token needs to be compared: there are no entries, and none is missing.
    #[inline]
    pub(crate) fn revokes_nothing(&self) -> bool {
        self.list.revokes_nothing()
    }

    /// Returns what the list says about a token. `now` is the time since 1970.
    pub(crate) fn state(&self, token: &Revocable, now: Duration) -> RevocationState {
        self.list.state(token, now)
    }

    pub(super) fn list(&self) -> &List {
        &self.list
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the settings and the number of entries.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("settings", &self.list.settings)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
