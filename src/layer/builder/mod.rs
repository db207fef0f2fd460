//! The builder of layers and authenticators.

mod binding_settings;
mod observers;
mod request_settings;
mod resource_settings;
mod response_settings;
mod shown;
mod token_settings;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::gate::{Forwarding, Gate, RequestPredicate};
use super::{JwtAuthLayer, validation};
use crate::algorithm::AlgorithmSet;
use crate::clock::SystemClock;
use crate::config_error::ConfigError;
use crate::dpop::Dpop;
use crate::jwt::{BindingRules, JsonClaims, RevocationRules, Rules, TypeRule};
use crate::mtls::ClientCertificates;
use crate::observe::{Observe, ObservedInsert, Observers};
use crate::policy::{Bindings, NotListed, Policy, RequiredScopes, SingleUse, Stage};
use crate::replay::{MemoryReplayStore, ReplayStore};
use crate::request::{DpopChallenge, LayerRejections, LayerSettings, TokenSource};
use crate::resource_metadata::{Endpoint, ResourceMetadata};
use crate::response::Challenge;
use crate::revocation::Revocations;
use crate::verify::token_cache::{TokenCache, TokenCacheSettings};
use crate::verify::{Authenticator, Engine, Issuer, Offload, Registry};

/// Builds a [`JwtAuthLayer`] or an [`Authenticator`].
///
/// The trusted issuer and the audience have no safe default, so the builder starts with an
/// [`Issuer`]. Each setter names the default that it replaces.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, Paths};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discovery("https://login.example.com/", "https://api.example.com"))
///     .leeway(Duration::from_secs(10))
///     .require_scopes(["orders:read"])
///     .skip_paths(Paths::exact(["/healthz"])?)
///     .build()
/// # }
/// ```
#[must_use]
pub struct JwtAuthBuilder<C = JsonClaims, R = Challenge> {
    pub(in crate::layer) issuers: Vec<Issuer>,
    observers: Vec<Arc<dyn Observe>>,
    pub(in crate::layer) rules: Rules,
    pub(in crate::layer) reject_replays: Option<u64>,
    pub(in crate::layer) replay_store: Option<Arc<dyn ReplayStore>>,
    pub(in crate::layer) revocations: Option<Revocations>,
    token_cache: Option<TokenCacheSettings>,
    offload: AlgorithmSet,
    pub(in crate::layer) offload_timeout: Duration,
    pub(in crate::layer) policy: Policy<C>,
    pub(in crate::layer) scopes: RequiredScopes,
    /// `claims` was called after `authorize`, `check` or `reject_revoked`, whose checks it dropped.
    pub(in crate::layer) lost_checks: bool,
    pub(in crate::layer) sources: Vec<TokenSource>,
    pub(in crate::layer) forwarding: Forwarding,
    optional: bool,
    pass_preflight: bool,
    skip: Option<RequestPredicate>,
    /// What applies to those below the layer, too.
    for_below: LayerSettings,
    dpop: Option<Dpop>,
    mtls: Option<ClientCertificates>,
    resource: Option<ResourceMetadata>,
    rejection: R,
    claims: PhantomData<fn() -> C>,
}

impl JwtAuthBuilder {
    pub(in crate::layer) fn new(issuer: Issuer) -> Self {
        let rules = Rules {
            leeway: Duration::from_secs(60),
            max_token_len: 16 * 1024,
            padded: false,
            max_members: 512,
            max_lifetime: None,
            max_age: None,
            revocations: None,
            implied_scopes: None,
            types: TypeRule::Default,
            allow_missing_type: None,
            rfc9068: false,
            bindings: BindingRules::default(),
            clock: Arc::new(SystemClock),
        };
        Self {
            issuers: vec![issuer],
            observers: Vec::new(),
            rules,
            reject_replays: None,
            replay_store: None,
            revocations: None,
            token_cache: None,
            offload: AlgorithmSet::EMPTY,
            offload_timeout: Duration::from_secs(1),
            policy: Policy::with_timeout(Duration::from_secs(3)),
            scopes: RequiredScopes::none(),
            lost_checks: false,
            sources: vec![TokenSource::authorization()],
            forwarding: Forwarding::Unchanged,
            optional: false,
            pass_preflight: false,
            skip: None,
            for_below: LayerSettings::default(),
            dpop: None,
            mtls: None,
            resource: None,
            rejection: Challenge::new(),
            claims: PhantomData,
        }
    }
}

/// The type of the claims.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Sets the type that the token's claims are deserialized into. Default: [`JsonClaims`].
    ///
    /// The whole claims set is deserialized. The type does not need the registered claims, such as
    /// `sub`: [`Claims`](crate::Claims) has methods for them. A token whose claims don't fit
    /// the type is rejected with 401 `invalid_token`. Call this before
    /// [`authorize`](Self::authorize), [`check`](Self::check) and
    /// [`reject_revoked`](Self::reject_revoked), which depend on the type: [`build`](Self::build)
    /// rejects the other order.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer};
    ///
    /// #[derive(Deserialize)]
    /// struct MyClaims {
    ///     tenant: String,
    /// }
    ///
    /// # fn build() -> Result<JwtAuthLayer<MyClaims>, tower_jwt_auth::ConfigError> {
    /// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer)
    ///     .claims::<MyClaims>()
    ///     .authorize(|claims| claims.tenant == "acme")
    ///     .build()
    /// # }
    /// ```
    pub fn claims<C2>(self) -> JwtAuthBuilder<C2, R> {
        JwtAuthBuilder {
            issuers: self.issuers,
            observers: self.observers,
            rules: self.rules,
            reject_replays: self.reject_replays,
            replay_store: self.replay_store,
            revocations: self.revocations,
            token_cache: self.token_cache,
            offload: self.offload,
            offload_timeout: self.offload_timeout,
            lost_checks: self.lost_checks || !self.policy.is_empty(),
            policy: Policy::with_timeout(self.policy.timeout),
            scopes: self.scopes,
            sources: self.sources,
            forwarding: self.forwarding,
            optional: self.optional,
            pass_preflight: self.pass_preflight,
            skip: self.skip,
            for_below: self.for_below,
            dpop: self.dpop,
            mtls: self.mtls,
            resource: self.resource,
            rejection: self.rejection,
            claims: PhantomData,
        }
    }
}

impl<C, R> JwtAuthBuilder<C, R>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// If a setting is unsafe, contradicts another, or can't work: see
    /// [`ConfigErrorKind`](crate::ConfigErrorKind).
    pub fn build(self) -> Result<JwtAuthLayer<C, R>, ConfigError> {
        validation::removable(&self.sources, self.forwarding)?;
        let Self {
            forwarding,
            optional,
            pass_preflight,
            ..
        } = self;
        let Built {
            authenticator,
            settings,
            skip,
            metadata,
            rejection: maker,
        } = self.finish()?;
        let gate = Gate {
            authenticator,
            forwarding,
            optional,
            pass_preflight,
            skip,
            predicate_uri: settings.predicate_uri.clone(),
            metadata,
        };
        Ok(JwtAuthLayer {
            gate: Arc::new(gate),
            rejections: Arc::new(LayerRejections { settings, maker }),
        })
    }

    /// Builds an authenticator, for use outside of tower. Settings about responses, and about which
    /// requests need a token, have no effect on it.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_authenticator(self) -> Result<Authenticator<C>, ConfigError> {
        self.finish().map(|built| built.authenticator)
    }

    fn finish(mut self) -> Result<Built<C, R>, ConfigError> {
        validation::settings(&self)?;
        let sources = self.bind()?;
        self.compare_with_revocations()?;
        let audience = self.resource.as_ref().map(ResourceMetadata::audience);
        let audience = audience.transpose()?;
        let observers = Observers::new(std::mem::take(&mut self.observers));
        let issuers = std::mem::take(&mut self.issuers);
        let issuers = Registry::new(issuers, audience, observers.clone())?;
        self.policy.observed = ObservedInsert {
            observers: observers.clone(),
            timeout: self.policy.timeout,
        };
        self.for_below.on_rejection = observers.of_requirements();
        let metadata = self.describe(&sources, &issuers)?;
        if !self.scopes.is_empty() {
            self.policy.add(Stage::Scopes, self.scopes);
        }
        let in_memory = self
            .reject_replays
            .map(MemoryReplayStore::new)
            .transpose()?;
        let in_memory = in_memory.map(|store| -> Arc<dyn ReplayStore> { Arc::new(store) });
        // Another layer that shares a store may have a longer leeway.
        let of_layer = in_memory.map(|store| (store, self.rules.leeway));
        let shared = self
            .replay_store
            .map(|store| (store, validation::MAX_LEEWAY));
        if let Some((store, leeway)) = of_layer.or(shared) {
            let observed = self.policy.observed.clone();
            self.policy.add_single_use(SingleUse {
                store,
                leeway,
                observed,
            });
        }
        self.policy.check_store_timeouts()?;
        let engine = Engine {
            issuers,
            rules: self.rules,
            audience: None,
            token_cache: self.token_cache.as_ref().map(TokenCache::new).transpose()?,
            offload: Offload::new(self.offload, self.offload_timeout),
            observers,
        };
        Ok(Built {
            authenticator: Authenticator::new(engine, self.policy, sources.into()),
            settings: self.for_below,
            skip: self.skip,
            metadata,
            rejection: self.rejection,
        })
    }

    /// Has every token compared with the list of revocations, if there is one.
    fn compare_with_revocations(&mut self) -> Result<(), ConfigError> {
        let Some(list) = self.revocations.take() else {
            return Ok(());
        };
        let rules = &mut self.rules;
        let max_lifetime = list.bind(&rules.clock, rules.max_lifetime, rules.leeway)?;
        self.policy.add(Stage::Revocation, NotListed(list.clone()));
        rules.revocations = Some(RevocationRules { list, max_lifetime });
        Ok(())
    }

    /// Sets how the bindings of tokens are checked. Returns the places that may carry a token.
    fn bind(&mut self) -> Result<Vec<TokenSource>, ConfigError> {
        let mut sources = std::mem::take(&mut self.sources);
        let leeway = self.rules.leeway;
        let verifier = self
            .dpop
            .take()
            .map(|dpop| dpop.build(leeway))
            .transpose()?;
        if let Some(verifier) = &verifier {
            sources.push(TokenSource::dpop());
            self.for_below.dpop = Some(DpopChallenge {
                algorithms: verifier.algorithms().into(),
                is_required: verifier.is_required(),
            });
        }
        validation::sources(&sources)?;
        self.policy.bindings = Bindings::new(verifier, self.mtls.take());
        self.rules.bindings = self.policy.bindings.rules();
        Ok(sources)
    }
}

/// What a layer is built from.
struct Built<C, R> {
    authenticator: Authenticator<C>,
    settings: LayerSettings,
    skip: Option<RequestPredicate>,
    metadata: Option<Arc<Endpoint>>,
    rejection: R,
}
