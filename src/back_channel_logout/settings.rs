//! The endpoint and its settings.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::replay::{MemoryReplayStore, ReplayStore};
use crate::verify::{Authenticator, LogoutRules, LogoutVerifier};

/// Log-outs within [`BackChannelLogout::max_age`].
const DEFAULT_REPLAY_ENTRIES: u64 = 100_000;
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(60 * 60);

/// The endpoint to which an issuer sends logout tokens, when a user logs out there: OpenID Connect
/// Back-Channel Logout 1.0. A tower service; in axum a route.
///
/// It verifies the token (§2.6) with the keys that the layer has cached, and revokes the session
/// that it names in the layer's list ([`revocations`](crate::JwtAuthBuilder::revocations)). From
/// the next request on, tokens of the session get 401, and
/// [`until_expiry`](crate::until_expiry()) ends its streams.
///
/// | the logout token has | revoked are |
/// |---|---|
/// | `sid` and `sub` | the tokens with this `sid`, and those with this `sub` and no `sid` |
/// | `sid` | the tokens with this `sid` |
/// | `sub` | the tokens with this `sub` |
///
/// Tokens with this `sub` are revoked if their `iat` is not later than that of the logout token,
/// and those with this `sid` if it is not later by more than the leeway. Many issuers write no
/// `sid` into access tokens: then a logout token must have `sub`, and the logout ends all of the
/// user's sessions here. The access token must have the same `sub` or `sid` as the logout token: a
/// pairwise `sub`, which differs by client, does not match.
///
/// A valid logout token is signed by a configured issuer, with an algorithm that it may use; has
/// `typ` `logout+jwt`; is issued to one of the client ids (`aud`); is not older than
/// [`max_age`](Self::max_age), and not expired; has `jti`, which was not used before, `events` with
/// the member `http://schemas.openid.net/event/backchannel-logout`, an object, and `sub` or `sid`;
/// and has no `nonce`. So no access token, ID token or DPoP proof is one. `exp` may be absent: the
/// specification requires it since its final text, and older issuers don't send it.
///
/// | request | response (§2.8), with `Cache-Control: no-store` |
/// |---|---|
/// | `POST` of a form with one valid `logout_token` | 200 |
/// | invalid token, form or content type, a token that was used before, or a body that takes more than 10 s | 400 |
/// | body of more than 64 KiB | 413 |
/// | another method | 405 |
/// | the issuer's keys or the store of ids are unavailable, or the list is full | 503, with `Retry-After` |
///
/// The body of 400, 413 and 503 is JSON with `error` and `error_description`, which have nothing of
/// the token. The specification has 400 for every failure; 503 tells the issuer that the same token
/// can succeed later.
///
/// Note: the issuer sends no access token, so this must not be below the layer, or be
/// [exempt](crate::JwtAuthBuilder::skip_paths). Encrypted logout tokens are rejected.
///
/// # Examples
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use tower_jwt_auth::{BackChannelLogout, ConfigError, Issuer, JwtAuthLayer, Revocations};
///
/// # fn build() -> Result<Router, ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
/// let auth = JwtAuthLayer::builder(issuer).revocations(&Revocations::new()).build()?;
/// let logout = BackChannelLogout::new(auth.authenticator(), ["my-client-id"])?;
///
/// let app = Router::new()
///     .route("/orders", get(|| async { "orders" }))
///     .layer(auth)
///     .route_service("/logout", logout); // added after the layer, so not below it
/// # Ok(app)
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct BackChannelLogout {
    pub(super) verifier: LogoutVerifier,
    rules: LogoutRules,
    /// Makes the verifier, of whatever claims type its authenticator is.
    make: Arc<dyn Fn(LogoutRules) -> Result<LogoutVerifier, ConfigError> + Send + Sync>,
}

impl BackChannelLogout {
    /// Creates the endpoint of a layer: see
    /// [`JwtAuthLayer::authenticator`](crate::JwtAuthLayer::authenticator). `client_ids` are the
    /// ids that the service, or the application whose users it serves, has at the issuers: the
    /// logout token must name one of them in `aud`.
    ///
    /// # Errors
    ///
    /// [`EmptyAudience`](ConfigErrorKind::EmptyAudience) if there is no client id or an empty one,
    /// [`InvalidSetting`](ConfigErrorKind::InvalidSetting) if the layer has no
    /// [`revocations`](crate::JwtAuthBuilder::revocations).
    pub fn new<C>(
        authenticator: &Authenticator<C>,
        client_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError>
    where
        C: DeserializeOwned + Send + Sync + 'static,
    {
        let client_ids: Vec<String> = client_ids.into_iter().map(Into::into).collect();
        if client_ids.is_empty() || client_ids.iter().any(String::is_empty) {
            let message = "client_ids of BackChannelLogout: must be at least one, and none empty";
            return Err(ConfigError::new(ConfigErrorKind::EmptyAudience, message));
        }
        let rules = LogoutRules {
            client_ids,
            max_age: Duration::from_secs(5 * 60),
            allow_untyped: false,
            replay_store: Arc::new(MemoryReplayStore::new(DEFAULT_REPLAY_ENTRIES)?),
        };
        let authenticator = authenticator.clone();
        let make = Arc::new(move |rules| authenticator.logout_verifier(rules));
        let verifier = make(rules.clone())?;
        Ok(Self {
            verifier,
            rules,
            make,
        })
    }

    /// Sets how old a logout token may be, by its `iat`. Default: 5 minutes, and the
    /// [`leeway`](crate::JwtAuthBuilder::leeway) of the layer. Allowed: 10 s to 1 hour.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](ConfigErrorKind::InvalidSetting) if it is out of its range.
    pub fn max_age(mut self, age: Duration) -> Result<Self, ConfigError> {
        if !MAX_AGE.contains(&age) {
            return Err(ConfigError::invalid_setting(format!(
                "max_age of BackChannelLogout is {age:?}: must be between 10 s and 1 hour"
            )));
        }
        self.rules.max_age = age;
        self.remake()?;
        Ok(self)
    }

    /// Accepts logout tokens whose `typ` is `JWT` or absent, too. Default: `typ` must be
    /// `logout+jwt`.
    ///
    /// The specification recommends that type and does not require it (§2.4), and some issuers send
    /// another one. Then only `events`, and the absence of `nonce`, distinguish a logout token from
    /// other tokens of the issuer (§4.1).
    pub fn allow_untyped(mut self) -> Self {
        self.rules.allow_untyped = true;
        // Never fails: the list and the store are those of before.
        let _ = self.remake();
        self
    }

    /// Sets the store of the ids of used logout tokens, such as one that several processes share.
    /// Default: a [`MemoryReplayStore`] with 100,000 entries.
    ///
    /// Note: do not use the store of a layer with
    /// [`replay_store`](crate::JwtAuthBuilder::replay_store), unless the issuer's ids are unique
    /// across access tokens and logout tokens, as RFC 7519 §4.1.7 requires.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](ConfigErrorKind::InvalidSetting) if [`ReplayStore::timeout`] is not
    /// shorter than [`check_timeout`](crate::JwtAuthBuilder::check_timeout) of the layer.
    pub fn replay_store(mut self, store: impl ReplayStore) -> Result<Self, ConfigError> {
        self.rules.replay_store = Arc::new(store);
        self.remake()?;
        Ok(self)
    }

    fn remake(&mut self) -> Result<(), ConfigError> {
        self.verifier = (self.make)(self.rules.clone())?;
        Ok(())
    }
}

impl fmt::Debug for BackChannelLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackChannelLogout")
            .field("client_ids", &self.rules.client_ids)
            .field("max_age", &self.rules.max_age)
            .field("allow_untyped", &self.rules.allow_untyped)
            .finish_non_exhaustive()
    }
}
