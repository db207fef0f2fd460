//! The settings of DPoP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::build;
use super::forwarded::ForwardedFields;
use super::nonces::DpopNonces;
use super::targets::Targets;
use super::verifier::ProofVerifier;
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::replay::ReplayStore;
use crate::request::{RequestParts, TrustedProxies};

/// How tokens are accepted that are bound to a key of the client: DPoP (RFC 9449), for
/// [`JwtAuthBuilder::dpop`](crate::JwtAuthBuilder::dpop).
///
/// The client sends `Authorization: DPoP <token>`, and in the header `DPoP` a proof that it has the
/// key: a JWT for this method, this URL and this token, which can be used once. A copy of a request
/// can't be used again, and neither token nor proof for another one. See
/// [`guides::sender_constrained`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/sender_constrained/).
///
/// | checked | by |
/// |---|---|
/// | the key is the token's (`cnf.jkt`) | thumbprint (RFC 7638) and signature |
/// | the method, `htm` | byte by byte |
/// | the URL, `htu` | scheme, host, port and path, normalized as in RFC 3986 §6.2.2 and §6.2.3; query and fragment are ignored |
/// | the token, `ath` | its SHA-256 |
/// | the age | `iat` ([`max_age`](Self::max_age)), or a nonce of the server ([`nonces`](Self::nonces)) |
/// | single use | key and `jti`, in memory or in a [`replay_store`](Self::replay_store) |
///
/// A service must know its own URL. Configure it with [`public_origin`](Self::public_origin).
/// Without it, the URL is `https` (on loopback also `http`) with the authority and the path of the
/// request. Note: the sender chooses the authority, so a proof for another service with the same
/// path is accepted, unless a proxy rejects unknown hosts.
///
/// In gRPC, the method is `POST`, and the URL is that of the gRPC method:
/// `https://api.example.com/package.Service/Method`.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, Dpop, DpopNonces};
///
/// // Beside bearer tokens, for clients that ask for bound tokens.
/// let optional = Dpop::optional().public_origin("https://api.example.com")?;
/// // For all clients, and with nonces: a proof expires with its nonce.
/// let required = Dpop::required()
///     .public_origin("https://api.example.com")?
///     .algorithms([Algorithm::ES256, Algorithm::Ed25519])
///     .nonces(DpopNonces::random());
/// # drop((optional, required));
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Dpop {
    pub(super) is_required: bool,
    /// `None`: the default.
    pub(super) algorithms: Option<Vec<Algorithm>>,
    pub(super) max_age: Duration,
    pub(super) nonces: Option<DpopNonces>,
    pub(super) targets: Targets,
    pub(super) max_replay_entries: Option<u64>,
    pub(super) replay_store: Option<Arc<dyn ReplayStore>>,
}

impl Dpop {
    /// Returns settings that accept DPoP beside other ways to send a token. A token that is bound
    /// to a key needs a proof; one that is not bound is a bearer token.
    pub fn optional() -> Self {
        Self::new(false)
    }

    /// Returns settings that accept no token without a proof. One that is not bound to a key is
    /// rejected with 401.
    pub fn required() -> Self {
        Self::new(true)
    }

    fn new(is_required: bool) -> Self {
        Self {
            is_required,
            algorithms: None,
            max_age: build::DEFAULT_MAX_AGE,
            nonces: None,
            targets: Targets::default(),
            max_replay_entries: None,
            replay_store: None,
        }
    }

    /// Sets the algorithms of proofs, in the order in which challenges list them (`algs`). Default:
    /// all asymmetric ones but ML-DSA.
    ///
    /// A proof may have 8 KiB, and 12 KiB with ML-DSA. Note: proofs with ML-DSA have 6 to 12 KiB,
    /// which many servers and proxies reject unless they are configured for them; see
    /// [`guides::post_quantum`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/post_quantum/).
    ///
    /// When the layer is built, it is an error to name none, or one that is symmetric or that this
    /// build [does not verify](Algorithm::is_supported)
    /// ([`NoAlgorithms`](crate::ConfigErrorKind::NoAlgorithms),
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting)).
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Sets the maximum age of a proof by its `iat`, to which the layer's
    /// [`leeway`](crate::JwtAuthBuilder::leeway) is added. Default: 60 seconds. Minimum: 5 seconds;
    /// maximum: 5 minutes; they are checked when the layer is built. With [`nonces`](Self::nonces),
    /// it has no effect.
    ///
    /// An `iat` may be in the future by the leeway.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Requires a nonce of the server in each proof (RFC 9449 §9). A proof without one, or with one
    /// that is too old, is rejected with 401 `use_dpop_nonce`. The response has a nonce in
    /// `DPoP-Nonce`, and the client repeats the request with it. Default: off.
    ///
    /// The nonce tells the age of a proof in place of `iat`: clocks of clients may be wrong, and a
    /// proof can be made in advance only for as long as a nonce that the client has is valid.
    pub fn nonces(mut self, nonces: DpopNonces) -> Self {
        self.nonces = Some(nonces);
        self
    }

    /// Adds a URL of the service as clients know it: `https://api.example.com`, maybe with a port,
    /// and with the prefix of all paths that a proxy removes: `https://example.com/api`. Default:
    /// none.
    ///
    /// `htu` must be one of these with the path of the request. No header of a request counts then:
    /// neither `Host` nor those of proxies. Recommended, and needed where a proxy removes a prefix
    /// without saying so.
    ///
    /// # Errors
    ///
    /// - [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) if it is not such a URL.
    /// - [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if it is `http`, which is allowed on
    ///   loopback only.
    pub fn public_origin(mut self, origin: impl AsRef<str>) -> Result<Self, ConfigError> {
        let origin = super::origin::PublicOrigin::parse(origin.as_ref())?;
        self.targets.origins.push(origin);
        Ok(self)
    }

    /// Sets the proxies that say how clients called them, in the headers `X-Forwarded-Proto`,
    /// `X-Forwarded-Host` and `X-Forwarded-Prefix` or in [others](Self::forwarded_fields). Default:
    /// none, and such headers are ignored. They are also ignored with
    /// [`public_origin`](Self::public_origin).
    ///
    /// A header that is absent leaves its part as it is. Of several values, the last one counts,
    /// which the nearest proxy has added. If the peer's address is not in the extensions
    /// ([`TrustedProxies::peer_from`]), no proxy is trusted, and the URL is that of the request;
    /// the log says so once, at error.
    ///
    /// Note: the proxy must set or remove each of these headers. One that it passes on as a client
    /// sent it makes proofs for another URL pass.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Dpop, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::networks(["10.1.2.3"])?;
    /// let dpop = Dpop::optional().trusted_proxies(proxies);
    /// # drop(dpop);
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.targets.proxies = Some(proxies);
        self
    }

    /// Sets which headers of [trusted proxies](Self::trusted_proxies) count. Default:
    /// [`ForwardedFields::XForwarded`]. The others are ignored, since a proxy may pass them on as
    /// the client sent them.
    ///
    /// When the layer is built, it is an error to set it without `trusted_proxies`
    /// ([`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting)).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Dpop, ForwardedFields, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::networks(["10.1.2.3"])?;
    /// let dpop = Dpop::optional()
    ///     .trusted_proxies(proxies)
    ///     .forwarded_fields(ForwardedFields::Forwarded);
    /// # drop(dpop);
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn forwarded_fields(mut self, fields: ForwardedFields) -> Self {
        self.targets.fields = Some(fields);
        self
    }

    /// Sets which URI has the path that clients called. Default: that of the request, which lacks
    /// the prefix of a `nest` of axum.
    ///
    /// # Examples
    ///
    /// The URI that the client sent, wherever the layer is among nested routers (feature
    /// `original-uri` of axum, which is one of its defaults):
    ///
    /// ```
    /// use axum::extract::OriginalUri;
    /// use tower_jwt_auth::Dpop;
    ///
    /// let dpop = Dpop::optional().proof_uri(|request| {
    ///     request.extensions().get::<OriginalUri>().map_or(request.uri(), |uri| &uri.0)
    /// });
    /// # drop(dpop);
    /// ```
    pub fn proof_uri(
        mut self,
        uri: impl for<'r> Fn(&RequestParts<'r>) -> &'r Uri + Send + Sync + 'static,
    ) -> Self {
        self.targets.uri = Some(Arc::new(uri));
        self
    }

    /// Replaces the check of `htu`: for clients that write something else, such as the path alone.
    /// Default: none.
    ///
    /// The predicate gets `htu` and the request, and returns whether the proof is for it. It
    /// decides alone: proofs for other services pass if it accepts them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Dpop;
    ///
    /// let path_only = Dpop::optional().match_uri(|htu, request| htu == request.uri().path());
    /// # drop(path_only);
    /// ```
    pub fn match_uri(
        mut self,
        matches: impl Fn(&str, &RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.targets.match_uri = Some(Arc::new(matches));
        self
    }

    /// Sets how many used proofs are stored in memory. Default: 1,000,000, which take up to 120 MB,
    /// allocated as they arrive. Minimum: 1.
    ///
    /// A proof is stored until it could be used for the last time, and 5 minutes longer. So the
    /// default is enough for 2,300 requests a second without nonces, and for 1,600 with nonces of 5
    /// minutes. When the store is full, requests get 503, and no proof is forgotten. Once it is
    /// half full, proofs of one key get 503 that would take more than a sixteenth of it: by
    /// default, more than 145 a second, or 100 with such nonces.
    ///
    /// Each layer that is built, and its clones, has a store of its own.
    pub const fn max_replay_entries(mut self, max_entries: u64) -> Self {
        self.max_replay_entries = Some(max_entries);
        self
    }

    /// Stores used proofs in `store`: a [`MemoryReplayStore`](crate::MemoryReplayStore) that
    /// several layers share, or a [`ReplayStore`] of your own that several processes share.
    /// Default: a store in memory. Excludes [`max_replay_entries`](Self::max_replay_entries).
    ///
    /// With a store in memory, each instance behind a balancer accepts a proof once. Layers that
    /// share a store should have the same maximum age and leeway, or differ by less than 5 minutes:
    /// an id is stored as long as the layer that has used it could accept the proof, and 5 minutes
    /// longer.
    ///
    /// # Examples
    ///
    /// Two layers of one service, which accept a proof once for both:
    ///
    /// ```
    /// use tower_jwt_auth::{Dpop, MemoryReplayStore};
    ///
    /// let store = MemoryReplayStore::new(100_000)?;
    /// let orders = Dpop::required().replay_store(store.clone());
    /// let refunds = Dpop::required().replay_store(store);
    /// # drop((orders, refunds));
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn replay_store(mut self, store: impl ReplayStore) -> Self {
        self.replay_store = Some(Arc::new(store));
        self
    }

    /// Checks the settings. `leeway` is that of the layer.
    pub(crate) fn build(self, leeway: Duration) -> Result<ProofVerifier, ConfigError> {
        build::build(self, leeway)
    }
}

/// Shows the settings, and no key.
impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop")
            .field("is_required", &self.is_required)
            .field("algorithms", &self.algorithms)
            .field("max_age", &self.max_age)
            .field("nonces", &self.nonces)
            .field("public_origins", &self.targets.origins.len())
            .field("trusted_proxies", &self.targets.proxies)
            .field("forwarded_fields", &self.targets.fields.unwrap_or_default())
            .field("max_replay_entries", &self.max_replay_entries)
            .finish_non_exhaustive()
    }
}
