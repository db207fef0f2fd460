//! Authentication outside HTTP.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use serde::de::DeserializeOwned;

use super::authentication::verify;
use super::token_cache::{TokenCache, TokenCacheHealth};
use super::{Attempt, Authentication, ConfiguredIssuer, Engine, Issuers, Registry};
use crate::error::Error;
use crate::jwt::{BindingRule, Claims, JsonClaims};
use crate::keys::{IssuerHealth, KeysError};
use crate::observe::Observers;
use crate::policy::{Accepted, Policy, Presented};
use crate::replay::ReplayHealth;
use crate::request::{Scheme, TokenSource};
use crate::revocation::{RevocationHealth, Revocations};

/// Verifies tokens outside of tower: in a WebSocket's first message, from a queue, on a command
/// line ([`authenticate`](Self::authenticate)), or those of requests that another framework handles
/// ([`authenticate_request`](Self::authenticate_request)).
///
/// Runs the same checks as [`JwtAuthLayer`](crate::JwtAuthLayer), which contains one: see
/// [`JwtAuthLayer::authenticator`](crate::JwtAuthLayer::authenticator). Cheap to clone.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Authenticator, Claims, Error};
///
/// async fn first_message(authenticator: &Authenticator, token: &str) -> Result<Claims, Error> {
///     let claims = authenticator.authenticate(token).await?;
///     println!("connected: {:?}", claims.subject());
///     Ok(claims)
/// }
/// ```
pub struct Authenticator<C = JsonClaims> {
    engine: Arc<Engine<C>>,
    policy: Arc<Policy<C>>,
    sources: Arc<[TokenSource]>,
}

impl<C> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    pub(crate) fn new(engine: Engine<C>, policy: Policy<C>, sources: Arc<[TokenSource]>) -> Self {
        Self {
            engine: Arc::new(engine),
            policy: Arc::new(policy),
            sources,
        }
    }

    /// Verifies a token: its form, algorithm, type, issuer, signature, times and audience, and
    /// every other check that is configured.
    ///
    /// Waits only if the issuer's keys must be fetched, the signature's algorithm is
    /// [offloaded](crate::JwtAuthBuilder::offload), or a [`TokenCheck`](crate::TokenCheck) or
    /// [`ReplayStore`](crate::ReplayStore) waits. Checks get no request. The values that they add
    /// are dropped.
    ///
    /// There is no request that could prove to whom the token was issued. So a token that is bound
    /// to a key or a certificate is rejected: use
    /// [`authenticate_request`](Self::authenticate_request).
    ///
    /// # Errors
    ///
    /// The [kind](Error::kind) says what is wrong with the token.
    /// [`KeysUnavailable`](crate::ErrorKind::KeysUnavailable) means that the token could not be
    /// checked.
    pub async fn authenticate(&self, token: &str) -> Result<Claims<C>, Error> {
        let presented = Presented {
            token: token.as_bytes(),
            scheme: Scheme::Bearer,
            request: None,
        };
        let accepted = match self.begin(&presented) {
            Attempt::Done(outcome) => outcome,
            Attempt::Pending(mut pending) => poll_fn(|cx| pending.poll(None, cx)).await,
        };
        self.tell(Scheme::Bearer, accepted.as_ref());
        accepted.map(|accepted| accepted.claims)
    }

    /// Revokes a token that is given as text, as a revocation endpoint does (RFC 7009 §2).
    ///
    /// The token must be a valid one for this authenticator: of a configured issuer, signed, not
    /// expired, and for its audience. So made-up tokens can't fill the list. A token that is bound
    /// to a client is revoked without a proof, and no other check runs.
    ///
    /// Note: RFC 7009 §2.1 has the endpoint check that the token was issued to the client that
    /// asks. Compare [`Claims::client_id`] of [`authenticate`](Self::authenticate) before, if
    /// clients must not revoke tokens of each other.
    ///
    /// # Errors
    ///
    /// Of class [`Unavailable`](crate::ErrorClass::Unavailable) if the issuer's keys are
    /// unavailable, if the list is full, or if its [store](crate::RevocationSettings::store) does
    /// not confirm the revocation within 2 seconds: then it is in force in this process only, until
    /// it is stored. Otherwise, the token is invalid: RFC 7009 §2.2 has the endpoint respond with
    /// 200, since it is of no use anyway.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_jwt_auth::{Authenticator, ErrorClass, Revocations};
    ///
    /// /// The handler of `POST /revoke`, which has authenticated the client.
    /// async fn revoke(auth: &Authenticator, list: &Revocations, token: &str) -> StatusCode {
    ///     match auth.revoke(token, list).await {
    ///         Err(error) if error.class() == ErrorClass::Unavailable => {
    ///             StatusCode::SERVICE_UNAVAILABLE
    ///         }
    ///         _ => StatusCode::OK,
    ///     }
    /// }
    /// ```
    pub async fn revoke(&self, token: &str, revocations: &Revocations) -> Result<(), Error> {
        let (engine, token) = (&self.engine, token.as_bytes());
        let progress = engine.verify(token, engine.now());
        let verified = verify(engine, token, progress, Engine::now).await?;
        verified.revoke(revocations)?;
        let stored = revocations.stored().await;
        stored.map_err(|error| Error::check_unavailable(Some(Arc::new(error))))
    }

    /// Returns the observers, which are told of each request once it is decided.
    pub(crate) fn observers(&self) -> &Observers {
        &self.engine.observers
    }

    /// Authenticates a token as far as that is possible without waiting.
    pub(crate) fn begin(&self, presented: &Presented<'_>) -> Attempt<C> {
        Authentication::start(&self.engine, &self.policy, presented)
    }

    /// Fetches the keys of all issuers made by [`Issuer::discovery`](crate::Issuer::discovery) and
    /// [`Issuer::jwks`](crate::Issuer::jwks), before the first request needs them. Waits for at
    /// most 1 s more than [`fetch_timeout`](crate::JwksCacheSettings::fetch_timeout). Of keys by
    /// tenant, only those of tenants for which a token was verified are fetched. Of an introspected
    /// issuer, these are the keys of [signed
    /// responses](crate::IntrospectionSettings::signed_responses).
    ///
    /// Meanwhile, the stores of used tokens and proofs [prepare](crate::ReplayStore::prepare), for
    /// at most 5 s. If one of them fails, that is logged at level warn and is not an error here:
    /// requests try again.
    ///
    /// If the layer has [revocations](crate::JwtAuthBuilder::revocations) with a
    /// [store](crate::RevocationSettings::store), also waits for the list to be loaded, for at most
    /// 10 s.
    ///
    /// # Errors
    ///
    /// If the keys of any issuer can't be fetched, or the revocations can't be loaded. The keys of
    /// the others are cached, and requests will fetch the missing ones.
    pub async fn prefetch(&self) -> Result<(), KeysError> {
        let issuers = self.known_issuers();
        let keys = join_all(issuers.iter().map(|issuer| issuer.keys.prefetch()));
        let stores = join(self.policy.prepare_stores(), self.load_revocations());
        let (keys, ((), revocations)) = join(keys, stores).await;
        keys.into_iter().chain([revocations]).collect()
    }

    async fn load_revocations(&self) -> Result<(), KeysError> {
        match self.revocations() {
            Some(list) => {
                let loaded = list.loaded().await;
                loaded.map_err(|error| KeysError::revocations(Duration::from_secs(1), error))
            }
            None => Ok(()),
        }
    }

    /// Returns the state of each issuer's keys. Of an issuer with [`Tenants`](crate::Tenants),
    /// these are the keys that all tenants share, or those of each tenant whose keys are cached and
    /// for which a token was verified.
    #[must_use]
    pub fn health(&self) -> Vec<IssuerHealth> {
        let (issuers, all) = (self.known_issuers(), self.engine.issuers.load());
        let secrets = all.secret_problems();
        let health = issuers.iter().map(|issuer| {
            let problem = secrets.of(issuer);
            issuer.health().with_error(problem.as_ref())
        });
        health.collect()
    }

    /// Returns the issuers, without tenants that a token has named and none was verified for: they
    /// may be made up.
    fn known_issuers(&self) -> Vec<Arc<ConfiguredIssuer>> {
        let mut issuers = self.engine.issuers.load().all();
        issuers.retain(|issuer| !issuer.is_unverified_tenant());
        issuers
    }
}

impl<C> Authenticator<C> {
    /// Returns a handle that adds, replaces and removes issuers while this authenticator, its
    /// clones and its layer are in use.
    #[must_use]
    pub fn issuers(&self) -> Issuers {
        Issuers::new(Arc::clone(&self.engine.issuers))
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.engine.issuers
    }

    /// Returns the state of the [cache](crate::JwtAuthBuilder::token_cache) of verified tokens.
    /// `None` if there is none.
    #[must_use]
    pub fn token_cache_health(&self) -> Option<TokenCacheHealth> {
        self.engine.token_cache.as_ref().map(TokenCache::health)
    }

    /// Returns whether used tokens and DPoP proofs are stored for this process alone or for
    /// several.
    #[must_use]
    pub fn replay_health(&self) -> ReplayHealth {
        self.policy.replay_health()
    }

    /// Returns the state of the list of [revocations](crate::JwtAuthBuilder::revocations). `None`
    /// if there is none.
    #[must_use]
    pub fn revocation_health(&self) -> Option<RevocationHealth> {
        self.revocations().map(Revocations::health)
    }

    fn revocations(&self) -> Option<&Revocations> {
        let rules = self.engine.rules.revocations.as_ref();
        rules.map(|rules| &rules.list)
    }

    /// Returns the places that may carry the token of a request.
    pub(crate) const fn sources(&self) -> &Arc<[TokenSource]> {
        &self.sources
    }

    /// Sets the places that may carry the token of a request. Everything else is shared.
    pub(crate) fn with_sources(self, sources: Arc<[TokenSource]>) -> Self {
        Self { sources, ..self }
    }

    /// Returns whether each token must come with the scheme `DPoP`.
    pub(crate) fn requires_dpop(&self) -> bool {
        self.engine.rules.bindings.dpop == BindingRule::Required
    }

    pub(super) const fn parts(&self) -> (&Arc<Engine<C>>, &Arc<Policy<C>>) {
        (&self.engine, &self.policy)
    }

    /// Tells observers what became of a request with a token.
    pub(crate) fn tell(&self, scheme: Scheme, outcome: Result<&Accepted<C>, &Error>) {
        if !self.engine.observers.is_empty() {
            tell(&self.engine.observers, scheme, outcome);
        }
    }

    pub(crate) fn max_token_len(&self) -> usize {
        self.engine.rules.max_token_len
    }
}

/// Tells observers what became of a request with a token.
pub(crate) fn tell<C>(
    observers: &Observers,
    scheme: Scheme,
    outcome: Result<&Accepted<C>, &Error>,
) {
    match outcome {
        Ok(accepted) => {
            let issuer = accepted.claims.issuer_id();
            observers.accepted(scheme, issuer, accepted.nonce.is_some());
        }
        Err(error) => observers.rejected(Some(scheme), error),
    }
}

// Written by hand: a derived impl would require `C: Clone`.
impl<C> Clone for Authenticator<C> {
    fn clone(&self) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            policy: Arc::clone(&self.policy),
            sources: Arc::clone(&self.sources),
        }
    }
}

impl<C> fmt::Debug for Authenticator<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.issuers().names();
        f.debug_struct("Authenticator")
            .field("issuers", &issuers)
            .finish_non_exhaustive()
    }
}
