//! Everything that can be set.

mod check;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::authenticator::{Authenticator, Inner};
use crate::authorize::Policy;
use crate::config_error::ConfigError;
use crate::extract::{TokenSource, has_twins};
use crate::guard::{Guard, Predicate};
use crate::head::RequestHead;
use crate::issuer::Issuer;
use crate::jwt::{Claims, JsonClaims, Rules, TypeRule};
use crate::layer::JwtAuthLayer;
use crate::offload::Offload;
use crate::replay::Replays;
use crate::response::Challenge;
use crate::time::{Clock, TimeOfDay};
use crate::token_cache::{TokenCache, TokenCacheSettings};

/// Builds a [`JwtAuthLayer`], or an [`Authenticator`]. What has no safe default, whom to trust and for which audience,
/// is in the [`Issuer`] that it starts with; each setter names the default that it replaces.
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discover("https://login.example.com/", "https://api.example.com"))
///     .leeway(Duration::from_secs(10))
///     .require_scopes(["orders:read"])
///     .skip(|request| request.uri().path() == "/healthz")
///     .build()
/// # }
/// ```
#[must_use]
pub struct JwtAuthBuilder<C = JsonClaims, R = Challenge> {
    issuers: Vec<Issuer>,
    rules: Rules,
    single_use: Option<u64>,
    token_cache: Option<TokenCacheSettings>,
    offload: AlgorithmSet,
    policy: Policy<C>,
    clock: TimeOfDay,
    sources: Vec<TokenSource>,
    optional: bool,
    pass_preflight: bool,
    skip: Option<Predicate>,
    response: R,
    claims: PhantomData<fn() -> C>,
}

impl<C> JwtAuthBuilder<C> {
    pub(crate) fn new(issuer: Issuer) -> Self {
        let rules = Rules {
            leeway: Duration::from_secs(60),
            longest_token: 16 * 1024,
            longest_life: None,
            types: TypeRule::Usual,
            profile: false,
            algorithms: AlgorithmSet::EMPTY,
        };
        Self {
            issuers: vec![issuer],
            rules,
            single_use: None,
            token_cache: None,
            offload: AlgorithmSet::EMPTY,
            policy: Policy::new(),
            clock: TimeOfDay::System,
            sources: vec![TokenSource::authorization()],
            optional: false,
            pass_preflight: false,
            skip: None,
            response: Challenge::new(),
            claims: PhantomData,
        }
    }

    /// The realm of the challenge (RFC 9110 §11.5). Default: none.
    pub fn realm(mut self, realm: &str) -> Self {
        self.response = self.response.realm(realm);
        self
    }
}

/// Which tokens are good.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Trusts another issuer too. Each has its own keys, audiences and algorithms.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// By how much the issuer's clock may differ, for `exp`, `nbf` and `iat`. Default: 60 s; at most 1 h. With none, a
    /// token that an issuer on the same machine has just made can be ahead of the [clock](crate::SystemClock) by a
    /// tick.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Refuses tokens that expire later than this from now: long-lived ones are secrets that nobody rotates. Default: no
    /// bound.
    pub const fn longest_life(mut self, life: Duration) -> Self {
        self.rules.longest_life = Some(life);
        self
    }

    /// The longest token that is looked at, in bytes. Default: 16 KiB; at most 1 MiB.
    pub const fn longest_token(mut self, bytes: usize) -> Self {
        self.rules.longest_token = bytes;
        self
    }

    /// Asks for access tokens by RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are there.
    ///
    /// Default: `typ` is absent, `JWT` or `at+jwt`, so that logout tokens, DPoP proofs and the like are refused.
    pub fn access_tokens_only(mut self) -> Self {
        self.rules.profile = true;
        self
    }

    /// Asks for one of these `typ` headers; compared without case and without a leading `application/`.
    pub fn token_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rules.types = TypeRule::Only(types.into_iter().map(|typ| typ.into().into()).collect());
        self
    }

    /// Asks for all of these scopes, else 403 `insufficient_scope`. Default: none.
    pub fn require_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.policy.require_scopes(scopes);
        self
    }

    /// Lets a predicate over the claims decide, else 403 `insufficient_scope`: roles, groups, tenants. Of several, all must allow it.
    pub fn authorize(
        mut self,
        allowed: impl Fn(&Claims<C>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy.authorized.push(Arc::new(allowed));
        self
    }

    /// Refuses tokens of which `revoked` says so: a deny list by id, subject or time of issue. Called for every request;
    /// must not block. Of several, one is enough.
    pub fn revoked(mut self, revoked: impl Fn(&Claims<C>) -> bool + Send + Sync + 'static) -> Self {
        self.policy.revoked.push(Arc::new(revoked));
        self
    }

    /// Lets every token in once: its `jti` is remembered until it expires, the last `most` of them, in this process; of
    /// more, the one unseen for longest is forgotten first, for moments up to some hundreds too late. Tokens without
    /// `jti` are refused. Default: off.
    pub const fn single_use(mut self, most: u64) -> Self {
        self.single_use = Some(most);
        self
    }

    /// Remembers verified tokens, so that the signature of each is checked once: a hit costs a small part of a check.
    /// Time, revocation, scopes, predicates and replay are checked at every use all the same, and a key that leaves its
    /// set takes its tokens along.
    ///
    /// Default: off, because tokens, which are as good as passwords until they expire, then stay in memory.
    pub fn remember_tokens(mut self, settings: TokenCacheSettings) -> Self {
        self.token_cache = Some(settings);
        self
    }

    /// Checks signatures of these algorithms on the runtime's threads for blocking work
    /// ([`spawn_blocking`](tokio::task::spawn_blocking)), as many at a time as there are cores; without a tokio runtime,
    /// at once after all. Meant for slow ones (ES384, ES512, RSA with 4096 bits) on a server whose other requests must not
    /// wait behind a flood of them: to hand a check over costs 20 to 120 µs, more than an RS256 check takes, and in a
    /// flood half of the throughput. A token that is
    /// [remembered](Self::remember_tokens) needs no check and is not handed over.
    ///
    /// Default: none; every signature is checked where the request is.
    ///
    /// ```
    /// use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// JwtAuthLayer::builder(Issuer::discover("https://login.example.com/", "https://api.example.com"))
    ///     .offload([Algorithm::ES384, Algorithm::ES512])
    ///     .build()
    /// # }
    /// ```
    pub fn offload(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.offload = algorithms.into_iter().collect();
        self
    }

    /// The clock for `exp`, `nbf` and `iat`. Default: [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = TimeOfDay::Of(Arc::new(clock));
        self
    }
}

/// Which requests need one, and what becomes of the others. Of no concern to an [`Authenticator`].
impl<C, R> JwtAuthBuilder<C, R> {
    /// Where tokens are looked for. Default: [`TokenSource::authorization`].
    pub fn token_sources(mut self, sources: impl IntoIterator<Item = TokenSource>) -> Self {
        self.sources = sources.into_iter().collect();
        self
    }

    /// Lets requests without a token go on without claims. A bad token is still refused.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Leaves requests alone of which `skip` says so: health checks, metrics. Their tokens are not even looked at. Of
    /// several, one is enough.
    pub fn skip(mut self, skip: impl Fn(&RequestHead<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.skip = Some(match self.skip.take() {
            Some(before) => Arc::new(move |head: &RequestHead<'_>| before(head) || skip(head)),
            None => Arc::new(skip),
        });
        self
    }

    /// Passes CORS preflights on, which carry no credentials: for a CORS layer below this one. Default: off, since a CORS
    /// layer above answers them itself.
    pub const fn pass_preflight(mut self) -> Self {
        self.pass_preflight = true;
        self
    }

    /// Makes the responses to refused requests. Default: [`Challenge`], with the [realm](Self::realm); another one
    /// knows nothing of a realm that was set before. See [`MakeResponse`](crate::MakeResponse).
    pub fn response<M>(self, response: M) -> JwtAuthBuilder<C, M> {
        JwtAuthBuilder {
            issuers: self.issuers,
            rules: self.rules,
            single_use: self.single_use,
            token_cache: self.token_cache,
            offload: self.offload,
            policy: self.policy,
            clock: self.clock,
            sources: self.sources,
            optional: self.optional,
            pass_preflight: self.pass_preflight,
            skip: self.skip,
            response,
            claims: PhantomData,
        }
    }
}

impl<C, R> JwtAuthBuilder<C, R>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// # Errors
    /// What can't work or isn't safe; see [`ConfigErrorKind`](crate::ConfigErrorKind).
    pub fn build(mut self) -> Result<JwtAuthLayer<C, R>, ConfigError> {
        let sources = std::mem::take(&mut self.sources).into_boxed_slice();
        if sources.is_empty() {
            return Err(check::contradiction("tokens are looked for nowhere"));
        }
        if has_twins(&sources) {
            return Err(check::contradiction(
                "tokens are looked for twice in one place",
            ));
        }
        let Self {
            optional,
            pass_preflight,
            ..
        } = self;
        let skip = self.skip.take();
        let (authenticator, response) = self.finish()?;
        let guard = Guard {
            authenticator,
            sources,
            optional,
            pass_preflight,
            skip,
        };
        Ok(JwtAuthLayer {
            guard: Arc::new(guard),
            response,
        })
    }

    /// Builds what checks tokens that don't come in an HTTP request's head. Settings about requests and responses have
    /// no meaning for it.
    ///
    /// # Errors
    /// As [`JwtAuthBuilder::build`].
    pub fn build_authenticator(self) -> Result<Authenticator<C>, ConfigError> {
        self.finish().map(|(authenticator, _)| authenticator)
    }

    fn finish(mut self) -> Result<(Authenticator<C>, R), ConfigError> {
        self.check()?;
        let issuers = self
            .issuers
            .into_iter()
            .map(Issuer::build)
            .collect::<Result<Vec<_>, _>>()?;
        check::issuers(&issuers)?;
        let all = issuers.iter().fold(AlgorithmSet::EMPTY, |all, issuer| {
            all.union(issuer.algorithms)
        });
        self.rules.algorithms = all;
        self.policy.replays = self
            .single_use
            .map(|most| Replays::new(most, self.rules.leeway));
        let verified = self.token_cache.as_ref().map(TokenCache::new).transpose()?;
        let inner = Inner {
            issuers,
            rules: self.rules,
            policy: self.policy,
            clock: self.clock,
            verified,
            offload: Offload::new(self.offload),
        };
        Ok((Authenticator::new(inner), self.response))
    }
}

impl<C, R> fmt::Debug for JwtAuthBuilder<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthBuilder")
            .field("issuers", &self.issuers)
            .finish_non_exhaustive()
    }
}
