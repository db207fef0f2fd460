//! Settings about tokens.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use super::JwtAuthBuilder;
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::jwt::{Claims, TypeRule};
use crate::policy::{
    Authorized, CheckContext, CheckOutcome, Revoked, RevokedLater, Stage, TokenCheck,
};
use crate::replay::ReplayStore;
use crate::revocation::Revocations;
use crate::verify::{Issuer, TokenCacheSettings};

/// Which tokens are valid.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Adds a trusted issuer. Each issuer has its own keys, audiences and algorithms.
    pub fn add_issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Sets by how much the issuer's clock may differ from [`clock`](Self::clock), for `exp`, `nbf`
    /// and `iat`. Default: 60 s. Maximum: 1 h.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Sets the maximum time from `iat` to `exp`. Tokens with a longer lifetime are rejected, and
    /// so are tokens without `iat`. Default: no limit; with [`revocations`](Self::revocations),
    /// that of the list's entries, and tokens without `iat` are accepted.
    pub const fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.max_lifetime = Some(lifetime);
        self
    }

    /// Sets the maximum length of a token in bytes. Longer ones are rejected without parsing.
    /// Default: 16 KiB. Allowed: 64 bytes to 1 MiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.rules.max_token_len = bytes;
        self
    }

    /// Sets the maximum number of members of all objects in a token's header, and of those in its
    /// payload. Tokens with more are rejected. Default: 512. Allowed: 16 to 100,000.
    pub const fn max_members(mut self, members: usize) -> Self {
        self.rules.max_members = members;
        self
    }

    /// Accepts tokens whose parts have padding (`=`), as those of AWS load balancers in
    /// `x-amzn-oidc-data`. Default: they are rejected, since RFC 7515 §2 allows no padding.
    ///
    /// Padding of a wrong length is rejected. With or without padding in its signature, it is the
    /// same token: do not use the text of a token as its id.
    pub const fn allow_padding(mut self) -> Self {
        self.rules.padded = true;
        self
    }

    /// Requires access tokens of RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and
    /// `jti` are present. Default: off, see [`token_types`](Self::token_types).
    pub const fn access_tokens_only(mut self) -> Self {
        self.rules.rfc9068 = true;
        self
    }

    /// Sets the accepted values of the header parameter `typ` (RFC 7515 §4.1.9). Case and a leading
    /// `application/` are ignored. A token without `typ` is then rejected, unless
    /// [`allow_missing_token_type`](Self::allow_missing_token_type) is set.
    ///
    /// Default: `JWT`, `at+jwt` or absent, and no claim `events` (RFC 8417). So logout tokens, DPoP
    /// proofs and other kinds of JWTs are rejected (RFC 8725 §3.11).
    pub fn token_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let types = types.into_iter().map(|token_type| token_type.into().into());
        self.rules.types = TypeRule::Only(types.collect());
        self
    }

    /// Sets whether a token may have no `typ` (RFC 7515 §4.1.9), whatever types are accepted.
    /// Default: true, and false with [`token_types`](Self::token_types).
    ///
    /// Some issuers never write it, such as SPIFFE's and older versions of AD FS. What is lost with
    /// true: tokens for another purpose that have no `typ` either are distinguished by their claims
    /// only; those with `events` (RFC 8417) are rejected. [`build`](Self::build) rejects true
    /// together with [`access_tokens_only`](Self::access_tokens_only), since RFC 9068 §2.1 requires
    /// `typ`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// # let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer).token_types(["JOSE"]).allow_missing_token_type(true).build()
    /// # }
    /// ```
    pub const fn allow_missing_token_type(mut self, allow: bool) -> Self {
        self.rules.allow_missing_type = Some(allow);
        self
    }

    /// Requires all of these scopes, in addition to those of earlier calls. Tokens without them are
    /// rejected with 403 `insufficient_scope`. Default: none.
    pub fn require_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes.add(scopes);
        self
    }

    /// Adds scopes that `scope` implies: a token with `scope` grants them, too. Implied scopes may
    /// imply further ones. Default: no scope implies another.
    ///
    /// Applies to [`require_scopes`](Self::require_scopes), [`Claims::has_scope`],
    /// [`RequireLayer`](crate::RequireLayer), [`Rule`](crate::Rule) and [`Scoped`],
    /// but not to [`Claims::scopes`] and the scopes of an [`Audience`](crate::Audience). Challenges
    /// name the scopes that are required, not those that imply them. [`build`](Self::build) rejects
    /// strings that are not scopes.
    ///
    /// [`Scoped`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.Scoped.html
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// # let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer)
    ///     .add_implied_scopes("orders:write", ["orders:read"])
    ///     .add_implied_scopes("admin", ["orders:write", "customers:write"])
    ///     .require_scopes(["orders:read"])
    ///     .build()
    /// # }
    /// ```
    pub fn add_implied_scopes(
        mut self,
        scope: &str,
        implied: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        let scopes = self.rules.implied_scopes.get_or_insert_default();
        let scopes = Arc::make_mut(scopes);
        for implied in implied {
            scopes.add(scope, implied.as_ref());
        }
        self
    }

    /// Adds a predicate over the claims, such as roles, groups or tenants. Unless all predicates
    /// return true, the request is rejected with 403 `insufficient_scope`. Default: none.
    ///
    /// Called for every request with a verified token that is not revoked, has the required scopes
    /// and passed the checks and the predicates of this kind that were added before. It must not
    /// block.
    pub fn authorize(
        mut self,
        is_authorized: impl Fn(&Claims<C>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy
            .add(Stage::Authorization, Authorized(is_authorized));
        self
    }

    /// Adds a check that a verified token must also pass, such as a look-up of its user. Default:
    /// none. For a closure, use [`check_fn`](Self::check_fn).
    ///
    /// Checks and [`authorize`](Self::authorize) run in the order in which they were added, after
    /// revocation and scopes, and before [`reject_replays`](Self::reject_replays).
    pub fn check(mut self, check: impl TokenCheck<C>) -> Self {
        self.policy.add(Stage::Authorization, check);
        self
    }

    /// Adds a closure as a [`check`](Self::check).
    ///
    /// # Examples
    ///
    /// Loads the user from a database, and hands it to the handlers as an extension:
    ///
    /// ```
    /// use tower_jwt_auth::{CheckOutcome, ConfigError, Error, ErrorClass, Issuer, JwtAuthLayer};
    ///
    /// #[derive(Clone)]
    /// struct User {
    ///     name: String,
    /// }
    ///
    /// # #[derive(Clone)] struct Database;
    /// # impl Database {
    /// #     async fn user(&self, _: &str) -> Result<Option<User>, std::io::Error> { Ok(None) }
    /// # }
    /// # fn build(issuer: Issuer, database: Database) -> Result<JwtAuthLayer, ConfigError> {
    /// let unknown = Error::custom(ErrorClass::Forbidden, "unknown_user", "the user is unknown")?;
    /// let down = Error::custom(ErrorClass::Unavailable, "no_database", "try again later")?;
    /// JwtAuthLayer::builder(issuer)
    ///     .check_fn(move |claims, _| {
    ///         let subject = claims.subject().unwrap_or_default().to_owned();
    ///         let (database, unknown, down) = (database.clone(), unknown.clone(), down.clone());
    ///         CheckOutcome::pending_with(async move {
    ///             let found = database.user(&subject).await;
    ///             found.map_err(|error| down.with_source(error))?.ok_or(unknown)
    ///         })
    ///     })
    ///     .build()
    /// # }
    /// ```
    pub fn check_fn(
        self,
        check: impl Fn(&Claims<C>, &CheckContext<'_>) -> CheckOutcome + Send + Sync + 'static,
    ) -> Self
    where
        C: 'static,
    {
        self.check(check)
    }

    /// Sets how long each [`TokenCheck`] may wait, and the [`ReplayStore`]. After that, the request
    /// gets 503. Default: 3 s. More than zero, and more than [`ReplayStore::timeout`] of a store.
    ///
    /// A check that waits needs a tokio runtime with a timer (`enable_time`). Outside a tokio
    /// runtime, there is no limit. The token's times are not compared again after the wait.
    pub const fn check_timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Adds a predicate that returns whether a token was revoked, such as a look-up in a list
    /// of your own. If one of them returns true, the request is rejected with 401. Default: none.
    ///
    /// Called for every request with a verified token that passed the predicates of this kind that
    /// were added before. It must not block.
    pub fn reject_revoked(
        mut self,
        is_revoked: impl Fn(&Claims<C>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy.add(Stage::Revocation, Revoked(is_revoked));
        self
    }

    /// Adds a predicate as [`reject_revoked`](Self::reject_revoked) does, which may wait: for a
    /// database or a service that knows which tokens were revoked. Default: none.
    ///
    /// Called for every request with a verified token, cached or not. If it fails, or takes longer
    /// than [`check_timeout`](Self::check_timeout), the request gets 503
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)): whether the token is revoked is
    /// not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer};
    ///
    /// # #[derive(Clone)] struct Database;
    /// # impl Database {
    /// #     async fn is_revoked(&self, _: &str) -> Result<bool, std::io::Error> { Ok(false) }
    /// # }
    /// # fn build(issuer: Issuer, database: Database) -> Result<JwtAuthLayer, ConfigError> {
    /// JwtAuthLayer::builder(issuer)
    ///     .reject_revoked_async(move |claims| {
    ///         let (database, id) = (database.clone(), claims.id().unwrap_or_default().to_owned());
    ///         async move { Ok(database.is_revoked(&id).await?) }
    ///     })
    ///     .build()
    /// # }
    /// ```
    pub fn reject_revoked_async<F, Fut>(mut self, is_revoked: F) -> Self
    where
        F: Fn(&Claims<C>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<bool, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        self.policy.add(Stage::Revocation, RevokedLater(is_revoked));
        self
    }

    /// Rejects tokens that are in a list of [`Revocations`], with 401: a token, or those of a
    /// subject, session, client or issuer. Default: none. The last call counts.
    ///
    /// The list may be that of several layers. Every request is compared, also one with a cached
    /// token, and so are streams with [`until_expiry`](crate::until_expiry()). If the list is
    /// empty, that costs a few nanoseconds.
    ///
    /// Without [`max_lifetime`](Self::max_lifetime), the layer then rejects tokens with a lifetime
    /// of more than [`RevocationSettings::max_lifetime`](crate::RevocationSettings::max_lifetime):
    /// 24 hours by default.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) rejects a `max_lifetime` that is longer than that of the list's
    /// settings.
    pub fn revocations(mut self, revocations: &Revocations) -> Self {
        self.revocations = Some(revocations.clone());
        self
    }

    /// Rejects tokens that were used before, by their `jti`. Tokens without `jti` are rejected.
    /// Default: off.
    ///
    /// Up to `max_entries` ids are stored, in a [`MemoryReplayStore`](crate::MemoryReplayStore) of
    /// this layer and its clones, until 5 minutes and the leeway after their tokens expire. When it
    /// is full, no id is evicted: new tokens get 503. So choose a number that is never reached.
    /// Minimum: 1.
    ///
    /// Two layers with this setting each accept a token once. To share a store between layers, or
    /// to accept tokens when it is full, use [`replay_store`](Self::replay_store).
    pub const fn reject_replays(mut self, max_entries: u64) -> Self {
        self.reject_replays = Some(max_entries);
        self
    }

    /// Rejects tokens that were used before, as [`reject_replays`](Self::reject_replays) does, but
    /// stores their ids in `store`: a [`MemoryReplayStore`](crate::MemoryReplayStore) that several
    /// layers share, or a [`ReplayStore`] of your own that several processes share. Default: off.
    /// The two settings exclude each other.
    ///
    /// An id is stored until 65 minutes after its token expires: 5 minutes and the maximum
    /// [`leeway`](Self::leeway) that another layer with the store can have.
    pub fn replay_store(mut self, store: impl ReplayStore) -> Self {
        self.replay_store = Some(Arc::new(store));
        self
    }

    /// Caches verified tokens, so that the signature of a repeated token need not be checked.
    /// Default: off, since cached tokens, which are as valuable as passwords until they expire,
    /// stay in memory.
    ///
    /// Times, revocation, scopes, predicates, checks and replay are still checked for every
    /// request. When the keys of an issuer change, its cached tokens are verified again. Tokens
    /// that are introspected are not among them: their responses are cached by
    /// [`IntrospectionSettings`](crate::IntrospectionSettings).
    pub fn token_cache(mut self, settings: TokenCacheSettings) -> Self {
        self.token_cache = Some(settings);
        self
    }

    /// Checks signatures of these algorithms on the runtime's threads for blocking work
    /// ([`spawn_blocking`](tokio::task::spawn_blocking)), as many at a time as there are cores.
    /// Default: none; every signature is checked on the thread of its request.
    ///
    /// This keeps a flood of slow signatures (ES384, ES512, RSA with 4096 bits) from delaying other
    /// requests. Offloading a check costs 20 to 120 µs, which is more than an RS256 check takes.
    /// Under load, it halves the throughput. At most 10,000 requests wait for a thread, for
    /// [`offload_timeout`](Self::offload_timeout); further ones get 503. Cached tokens are not
    /// offloaded, nor are tokens that no issuer has a key for. Without a tokio runtime, every
    /// signature is checked on the thread of its request.
    ///
    /// It needs a tokio runtime with a timer (`enable_time`).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// # let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer).offload([Algorithm::ES384, Algorithm::ES512]).build()
    /// # }
    /// ```
    pub fn offload(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.offload = algorithms.into_iter().collect();
        self
    }

    /// Sets how long a request waits for a thread that checks its signature, with
    /// [`offload`](Self::offload). After that it gets 503. Default: 1 s. More than zero.
    ///
    /// This bounds how long a flood of forged tokens can delay others whose signatures are
    /// offloaded.
    pub const fn offload_timeout(mut self, timeout: Duration) -> Self {
        self.offload_timeout = timeout;
        self
    }

    /// Sets the clock that `exp`, `nbf` and `iat` are compared with, also by
    /// [`until_expiry`](crate::until_expiry()). Default: [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.rules.clock = Arc::new(clock);
        self
    }
}
