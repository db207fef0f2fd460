//! Tower middleware that protects services with JSON Web Tokens: axum, tonic, hyper, and every
//! other `Service<http::Request<_>>`.
//!
//! [`JwtAuthLayer`] reads the access token of a request, verifies its signature with the issuer's
//! keys, validates its claims, and inserts [`Claims<C>`](Claims) into the request's extensions. It
//! fetches and caches the keys. Requests without a valid token are rejected as RFC 6750 specifies,
//! and, where tokens are bound to their sender, RFC 9449 and RFC 8705.
//!
//! Note:
//! - The layer authenticates. What a caller may do is for [`RequireLayer`] or your handlers to
//!   decide.
//! - Issuers are compared byte by byte: `https://login.example.com` and
//!   `https://login.example.com/` are two issuers.
//! - A token is valid until it expires, even after the user has logged out. Configure the issuer to
//!   issue short-lived tokens, or use [`Revocations`].
//!
//! # axum
//!
//! With feature `axum`, for axum 0.8 (`cargo add axum@0.8`, `cargo add tokio --features full`):
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tower_jwt_auth::{Claims, JwtAuthLayer};
//!
//! async fn me(claims: Claims) -> String {
//!     format!("hello {}", claims.subject().unwrap_or("anonymous"))
//! }
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let auth =
//!     JwtAuthLayer::discover("https://login.example.com/", "https://api.example.com").await?;
//! let app = Router::new().route("/me", get(me)).layer(auth);
//! axum::serve(tokio::net::TcpListener::bind("0.0.0.0:8080").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # tonic
//!
//! With feature `tonic`, for tonic 0.14:
//!
//! ```no_run
//! use tower_jwt_auth::{Claims, JwtAuthLayer, tonic::RequestExt as _};
//! # type Hello = tonic::Request<String>;
//!
//! async fn hello(request: Hello) -> Result<tonic::Response<String>, tonic::Status> {
//!     let claims: Claims = request.claims()?;
//!     Ok(tonic::Response::new(format!("hello {}", claims.subject().unwrap_or("anonymous"))))
//! }
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_, service) = tonic_health::server::health_reporter();
//! # drop(hello);
//! let auth =
//!     JwtAuthLayer::discover("https://login.example.com/", "https://api.example.com").await?;
//! let server = tonic::transport::Server::builder().layer(auth).add_service(service);
//! server.serve("0.0.0.0:50051".parse()?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Claims of your own type
//!
//! ```no_run
//! use serde::Deserialize;
//! use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer};
//!
//! #[derive(Deserialize)]
//! struct MyClaims {
//!     tenant: String,
//! }
//!
//! async fn tenant(claims: Claims<MyClaims>) -> String {
//!     claims.custom().tenant.clone()
//! }
//!
//! # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
//! let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
//! let auth = JwtAuthLayer::builder(issuer).claims::<MyClaims>().build()?;
//! # drop((auth, tenant));
//! # Ok(())
//! # }
//! ```
//!
//! # What to use
//!
//! | to | use |
//! |---|---|
//! | protect a router in one line | [`JwtAuthLayer::discover`], [`jwks`](JwtAuthLayer::jwks), [`from_secret`](JwtAuthLayer::from_secret) |
//! | set up a provider: Keycloak and others | [`guides`] |
//! | change a setting | [`JwtAuthLayer::builder`], which returns a [`JwtAuthBuilder`] |
//! | read the settings from a file | [`JwtAuthConfig`] (feature `config`); guide: [`guides::configuration`] |
//! | make a token optional, or change its source or the responses, for some routes | [`JwtAuthLayer::optional`], [`token_sources`](JwtAuthLayer::token_sources), [`rejection_response`](JwtAuthLayer::rejection_response) on a clone |
//! | accept an issuer without `aud` (`client_id` or `azp` in its place), or ask for more than `aud` | [`Audience`], [`Audience::claim`] |
//! | accept an issuer without `iss`, with numbers as `sub`, or its ID tokens | [`Issuer::allow_missing_issuer`], [`allow_numeric_subject`](Issuer::allow_numeric_subject), [`allow_id_tokens`](Issuer::allow_id_tokens) |
//! | generate, read and compare shared secrets | [`Secret`]; guide: [`guides::secrets`] |
//! | replace secrets, JWK sets and PEM files without a restart | [`SecretFiles`], [`Issuer::jwks_file`], [`Issuer::pem_file`], [`KeyFile`]; guide: [`guides::secrets`] |
//! | accept a shared secret beside fetched keys | [`Issuer::add_secrets`] |
//! | tell clients where to get a token, as MCP requires (RFC 9728) | [`JwtAuthBuilder::resource`], [`ResourceMetadata`], [`Audience::resource`]; guide: [`guides::resource_metadata`] |
//! | trust several issuers, other keys or audiences | [`Issuer`], [`Audience`], [`Key`], [`KeySet`], [`KeySource`] |
//! | trust the tenants of one provider, with a placeholder in the issuer's name | [`Issuer::tenants`], [`Tenants`] |
//! | add, replace and remove issuers at run time | [`JwtAuthLayer::issuers`], [`Issuers`] |
//! | read claims | [`Claims`], and [`JsonClaims`] for claims without a type of your own |
//! | require scopes, roles or tenants, by router, route or method | [`RequireLayer`], [`Rule`], [`ClaimPath`]; in axum's handlers [`Scoped`]; guide: [`guides::rules`] |
//! | list in one table what each route or gRPC method requires, and reject all others | [`RouteRules`], [`GrpcRules`] |
//! | protect an MCP server, with a scope for each tool | [`McpRules`]; guide: [`guides::mcp`] |
//! | let broad scopes imply narrower ones | [`JwtAuthBuilder::add_implied_scopes`] |
//! | require that the user has authenticated recently, or in a certain way (step-up) | [`Rule::max_age`], [`Rule::acr`]; in axum's handlers [`SteppedUp`]; guide: [`guides::rules`] |
//! | find a text that the client or the log shows | [`guides::troubleshooting`] |
//! | see why a token is missing, fails verification or lacks a scope | [`guides::diagnosis`]: the log's target `tower_jwt_auth::diagnosis` at debug, [`Authenticator::diagnose`] |
//! | limit the rate of each caller | [`ClaimsKeyExtractor`] (feature `governor`) |
//! | put layers in the right order | [`composition`] |
//! | exempt paths or gRPC methods | [`Paths`], [`JwtAuthBuilder::skip_paths`]; below axum's `nest` also [`JwtAuthBuilder::predicate_uri`] |
//! | read tokens from cookies, queries, WebSockets | [`TokenSource`] |
//! | accept tokens that are bound to a key of the client (DPoP), beside bearer tokens or only them | [`JwtAuthBuilder::dpop`], [`Dpop`], [`DpopNonces`]; what was proven: [`Claims::confirmation`]; guide: [`guides::sender_constrained`] |
//! | accept tokens that are bound to the client's certificate (mTLS) | [`JwtAuthBuilder::mtls`], [`ClientCertificates`], [`CertificateHeader`]; guide, with the settings of proxies: [`guides::sender_constrained`] |
//! | say which proxies are trusted | [`TrustedProxies`], [`PeerAddress`] |
//! | remove the token from requests that go on, or forward it | [`JwtAuthBuilder::strip_token`], [`keep_token`](JwtAuthBuilder::keep_token), [`AccessToken`] |
//! | end a WebSocket, a stream or another future when the token expires or is revoked | [`until_expiry`](until_expiry()) |
//! | change the response to rejected requests, here and below | [`RejectionResponse`], [`ProblemDetails`], [`Challenge`], [`Error`], [`Inherited`] |
//! | serve gRPC and HTTP on one port, or behind forward-auth | [`JwtAuthBuilder::grpc_responses`], [`grpc_paths`](JwtAuthBuilder::grpc_paths) |
//! | verify a token outside HTTP, or the request of another framework | [`Authenticator`] |
//! | accept post-quantum signatures, ML-DSA (RFC 9964) | [`Issuer::algorithms`], [`Algorithm::is_supported`]; guide: [`guides::post_quantum`] |
//! | change how keys are cached and fetched: TTL, outages, withdrawn keys, key hosts, plain `http` | [`JwksCacheSettings`] |
//! | discover an issuer whose metadata is elsewhere | [`Issuer::metadata_url`] |
//! | accept opaque tokens, or have the issuer introspect each token (RFC 7662) | [`Issuer::introspection`], [`introspection_discovery`](Issuer::introspection_discovery), [`IntrospectionCredentials`], [`IntrospectionSettings`]; guide: [`guides::introspection`] |
//! | cache verified tokens | [`JwtAuthBuilder::token_cache`] |
//! | check a token against a database or service, and load its user | [`TokenCheck`], [`JwtAuthBuilder::check`], [`Error::custom`] |
//! | reject tokens after a logout: those of a session, user or client | [`Revocations`], [`JwtAuthBuilder::revocations`], [`BackChannelLogout`]; guide: [`guides::revocation`] |
//! | share revocations between instances | [`RevocationSettings::store`] with [`RedisRevocationStore`] (feature `redis`) or a [`RevocationStore`] of your own; guides: [`guides::revocation`], [`guides::redis`] |
//! | accept a token or a proof once, in one layer, in one process, in several processes | [`JwtAuthBuilder::reject_replays`], [`MemoryReplayStore`], [`RedisReplayStore`] (feature `redis`; guide: [`guides::redis`]) or a [`ReplayStore`] of your own |
//! | serve scripts of web pages: CORS, WebSockets, DPoP, gRPC-Web | [`DPOP_REQUEST_HEADERS`], [`DPOP_RESPONSE_HEADERS`], [`TokenSource::websocket_bearer`]; guide: [`guides::browsers`] |
//! | monitor the keys, and what is stored of used tokens and proofs | [`Authenticator::health`], [`Issuer::on_event`], [`Authenticator::replay_health`] |
//! | respond to the probes of load balancers | [`JwtAuthLayer::health_service`], [`HealthService`], [`Authenticator::readiness`], [`ReadyWhen`]; guide: [`guides::health`] |
//! | count requests, waits, fetches and cache hits, with Prometheus, OpenTelemetry or anything else | [`metrics::Metrics`] (feature `metrics`), [`Observe`], [`JwtAuthBuilder::add_observer`]; guide: [`guides::observability`] |
//! | fetch keys with another HTTP client: a private certificate authority, mTLS, a token (`examples/kubernetes`) | [`HttpClient`] |
//! | serve gRPC | [`tonic`] (feature `tonic`) |
//! | build without aws-lc, or with its FIPS module | [`guides::cryptography`] |
//! | test a protected service, or a handler alone | [`testing`], [`testing::claims`] (feature `testing`) |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | signatures by aws-lc-rs |
//! | `fips` | no | aws-lc-rs, also for the TLS of rustls, with the FIPS module of AWS-LC, whose build needs Go, `CMake` and Perl ([`guides::cryptography`]) |
//! | `rust-crypto` | no | signatures in pure Rust (RustCrypto): slower, needs no C compiler. With both features, aws-lc-rs is used |
//! | `ml-dsa` | no | ML-DSA for `rust-crypto`, by a crate that was never audited. aws-lc-rs has it without this feature |
//! | `reqwest` | yes | the default HTTP client: reqwest with rustls (whose TLS uses aws-lc-rs, unless the program installs another provider) |
//! | `reqwest-no-provider` | no | the same client with the provider of cryptography for rustls that the program installs, for a build without aws-lc |
//! | `tracing` | yes | log events about rejections and fetches |
//! | `axum` | no | [`Claims`], [`Scoped`] and [`SteppedUp`] as extractors |
//! | `config` | no | [`JwtAuthConfig`]: the configuration as data, which serde reads |
//! | `governor` | no | [`ClaimsKeyExtractor`]: rate limits by caller, with `tower_governor` |
//! | `metrics` | no | [`metrics`]: counters, gauges and histograms by the facade of the crate `metrics` |
//! | `tonic` | no | [`tonic`]: claims in gRPC handlers, errors as `Status`, error details, streams that end when the token expires |
//! | `redis` | no | [`RedisReplayStore`] and [`RedisRevocationStore`]: used tokens and proofs, and revocations, that all instances share, in Redis or Valkey |
//! | `redis-tls` | no | `rediss://`: TLS to Redis with rustls, which needs a provider of cryptography that the program has installed |
//! | `testing` | no | [`testing`]: an issuer on loopback, keys, tokens, DPoP clients and a clock for your tests |
//!
//! `aws-lc-rs` and `rust-crypto` both verify every [`Algorithm`], except for ML-DSA, which
//! `rust-crypto` verifies with feature `ml-dsa` only ([`Algorithm::is_supported`]). Apart from that
//! choice, a feature adds API and never changes what the others do. No process-wide cryptographic
//! provider is set. Only TLS reads one, the default provider of rustls: reqwest uses it if the
//! program has installed one, and `redis-tls` requires it.
//!
//! The default HTTP client speaks HTTP/2 and HTTP/1.1. It trusts the certificate authorities of the
//! system: a container image needs its package `ca-certificates`. On Linux, `SSL_CERT_FILE` (a
//! file) or `SSL_CERT_DIR` (directories) names others in their place, such as a private one alone.
//! It sends `https` through the proxy that the environment names at the first fetch (`HTTPS_PROXY`
//! or `ALL_PROXY`, and `NO_PROXY`), and plain `http` through none.
//!
//! # Security
//!
//! `SECURITY.md` has the threat model. In short:
//! - The key determines the algorithm, not the token.
//! - A forged token can cause a fetch only from a configured issuer, for a key that is not cached
//!   or is past its TTL, or once a minute for an invalid signature by a cached key. A token that is
//!   introspected can cause a request to its issuer, unless the response is cached.
//! - A token that is bound to a key or certificate of the client is accepted only if the request
//!   proves that the client has it.
//! - Without usable keys, requests get 503, not 401. While the cached keys are fresh, an unknown
//!   key id gets 401.
//! - No token, proof, secret or value of a claim is in a log event, an error or a `Debug` output,
//!   except for the name of a configured issuer or of an allowed tenant, and for diagnoses: the
//!   events under the target `tower_jwt_auth::diagnosis`, at debug, and [`Diagnosis`]. They show
//!   issuer, audience (or what is compared in its place), algorithm, types, key id and times of a
//!   token, how long it and its signature are, and which required scopes it lacks.
//!
// The links of the documentation above to items of features that are off lead to docs.rs, which
// has those of all features.
#![cfg_attr(
    not(feature = "axum"),
    doc = "[`Scoped`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.Scoped.html
[`SteppedUp`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.SteppedUp.html"
)]
#![cfg_attr(
    not(feature = "config"),
    doc = "[`JwtAuthConfig`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.JwtAuthConfig.html"
)]
#![cfg_attr(
    not(feature = "governor"),
    doc = "[`ClaimsKeyExtractor`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.ClaimsKeyExtractor.html"
)]
#![cfg_attr(
    not(feature = "metrics"),
    doc = "[`metrics`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/metrics/
[`metrics::Metrics`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/metrics/struct.Metrics.html"
)]
#![cfg_attr(
    not(feature = "redis"),
    doc = "[`RedisReplayStore`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.RedisReplayStore.html
[`RedisRevocationStore`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.RedisRevocationStore.html"
)]
#![cfg_attr(
    not(feature = "testing"),
    doc = "[`testing`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/testing/
[`testing::claims`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/testing/fn.claims.html"
)]
#![cfg_attr(
    not(feature = "tonic"),
    doc = "[`tonic`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/tonic/"
)]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "config",
        feature = "metrics",
        feature = "redis",
        feature = "reqwest"
    )),
    doc = "[`guides`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/
[`guides::browsers`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/browsers/
[`guides::configuration`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/configuration/
[`guides::cryptography`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/cryptography/
[`guides::diagnosis`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/diagnosis/
[`guides::health`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/health/
[`guides::introspection`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/introspection/
[`guides::mcp`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/mcp/
[`guides::observability`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/observability/
[`guides::post_quantum`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/post_quantum/
[`guides::redis`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/redis/
[`guides::resource_metadata`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/resource_metadata/
[`guides::revocation`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/revocation/
[`guides::rules`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/rules/
[`guides::secrets`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/secrets/
[`guides::sender_constrained`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/sender_constrained/
[`guides::troubleshooting`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/troubleshooting/"
)]
#![forbid(unsafe_code)]
#![warn(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "the crate does not panic, and writes nothing"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!(
    "tower-jwt-auth needs a signature backend: \
     enable feature `aws-lc-rs` (the default) or `rust-crypto` (pure Rust)"
);

mod algorithm;
mod back_channel_logout;
mod clock;
mod config_error;
mod crypto;
mod dpop;
mod encoding;
mod error;
mod expiry;
mod health;
mod jwk;
mod jwt;
mod keys;
mod layer;
mod mtls;
mod observe;
mod policy;
mod replay;
mod request;
mod require;
mod resource_metadata;
mod response;
mod revocation;
mod time_limit;
mod trace;
mod verify;

// The signature backend: aws-lc-rs if both features are enabled.
#[cfg(feature = "aws-lc-rs")]
#[path = "crypto/aws_lc.rs"]
mod backend;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
#[path = "crypto/rust_crypto.rs"]
mod backend;

// ML-DSA of the backend `rust-crypto`: with feature `ml-dsa`, else none. aws-lc-rs has its own.
#[cfg(all(feature = "ml-dsa", not(feature = "aws-lc-rs")))]
#[path = "crypto/ml_dsa_rust_crypto.rs"]
mod ml_dsa;
#[cfg(not(any(feature = "ml-dsa", feature = "aws-lc-rs")))]
#[path = "crypto/ml_dsa_none.rs"]
mod ml_dsa;

// The same choice for the signatures of module `testing`.
#[cfg(all(feature = "testing", feature = "ml-dsa", not(feature = "aws-lc-rs")))]
#[path = "testing/sign_ml_dsa.rs"]
mod ml_dsa_signing;
#[cfg(all(
    feature = "testing",
    not(any(feature = "ml-dsa", feature = "aws-lc-rs"))
))]
#[path = "testing/sign_no_ml_dsa.rs"]
mod ml_dsa_signing;
#[cfg(all(feature = "testing", feature = "aws-lc-rs"))]
#[path = "testing/sign_aws_lc.rs"]
mod signing;
#[cfg(all(
    feature = "testing",
    feature = "rust-crypto",
    not(feature = "aws-lc-rs")
))]
#[path = "testing/sign_rust_crypto.rs"]
mod signing;

// TLS to Redis: with feature `redis-tls`, else an error.
#[cfg(all(feature = "redis", not(feature = "redis-tls")))]
#[path = "redis/no_tls.rs"]
mod redis_tls;
#[cfg(feature = "redis-tls")]
#[path = "redis/tls.rs"]
mod redis_tls;

// TLS of the default HTTP client: the provider of reqwest, else that of the program.
#[cfg(feature = "reqwest")]
#[path = "keys/jwks/tls_provider.rs"]
mod tls_provider;
#[cfg(all(feature = "reqwest-no-provider", not(feature = "reqwest")))]
#[path = "keys/jwks/no_tls_provider.rs"]
mod tls_provider;

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "config")]
mod config;
#[cfg(feature = "governor")]
mod governor;
#[cfg(all(
    any(doc, doctest),
    feature = "axum",
    feature = "config",
    feature = "metrics",
    feature = "redis",
    feature = "reqwest"
))]
pub mod guides;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "reqwest-no-provider")]
#[path = "keys/jwks/reqwest.rs"]
mod reqwest;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tonic")]
pub mod tonic;

pub use algorithm::{Algorithm, AlgorithmSet, AlgorithmSetIter, ParseAlgorithmError};
#[cfg(feature = "axum")]
pub use axum::{ClaimsRejection, RejectedScope, Scoped, ScopedRejection, SteppedUp};
pub use back_channel_logout::{BackChannelLogout, BackChannelLogoutFuture};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "config")]
pub use config::JwtAuthConfig;
pub use config_error::{ConfigError, ConfigErrorKind};
pub use dpop::{Dpop, DpopNonces, DpopRejection, ForwardedFields};
pub use error::{Error, ErrorClass, ErrorKind};
pub use expiry::{UntilExpiry, until_expiry};
#[cfg(feature = "governor")]
pub use governor::{ClaimsKey, ClaimsKeyExtractor};
pub use health::{
    HealthEndpoint, HealthService, IssuerReadiness, IssuerState, Readiness, ReadinessReason,
    ReadinessReasonKind, ReadinessStatus, ReadyWhen,
};
pub use jwk::{Key, KeySet, Secret, SecretEncoding, SkipReason, SkippedKey};
pub use jwt::{Claims, Confirmation, JsonClaims, MissingClaims, TokenType};
pub use keys::{
    FetchHealth, HttpClient, IntrospectionHealth, IssuerHealth, JwksCacheSettings, KeyFile,
    KeyFileBuilder, KeyFilesHealth, KeyInfo, KeyQuery, KeySource, Keys, KeysError, KeysEvent,
    KeysFuture, ResponseUri, SecretFiles, SecretFilesBuilder, SecretInfo,
};
pub use layer::{JwtAuth, JwtAuthBuilder, JwtAuthLayer, ResponseFuture, composition};
pub use mtls::{CertificateHeader, ClientCertificate, ClientCertificates};
pub use observe::{
    DpopEvent, IntrospectionEvent, IntrospectionOutcome, IntrospectionSentEvent, IssuerKeysEvent,
    Observe, ReplayEvent, RequestEvent, RequestOutcome, RequirementEvent, StoreEvent, StoreKind,
    StoreOperation, StoreResult, TokenCacheEvent, TokenScheme, WaitEvent, WaitFor,
};
pub use policy::{
    CheckContext, CheckFuture, CheckOutcome, ClaimPath, Rule, Scopes, StepUp, TokenCheck,
};
#[cfg(feature = "redis")]
pub use redis::{
    OnRedisOutage, RedisConnectError, RedisHealth, RedisReplayStore, RedisReplayStoreBuilder,
    RedisRevocationStore, RedisRevocationStoreBuilder,
};
pub use replay::{
    InsertOutcome, InsertResponse, MemoryReplayStore, ReplayHealth, ReplayKey, ReplayKind,
    ReplayScope, ReplayStore, ReplayStoreFuture, StoreFailure, WhenFull,
};
pub use request::{AccessToken, Paths, PeerAddress, RequestParts, TokenSource, TrustedProxies};
pub use require::{GrpcRules, McpRules, Require, RequireFuture, RequireLayer, RouteRules};
pub use resource_metadata::{ResourceMetadata, ResourceMetadataService};
pub use response::{
    Challenge, DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS, Inherited, ProblemDetails,
    RejectionResponse,
};
pub use revocation::{
    OnStaleRevocations, Revocation, RevocationEntry, RevocationHealth, RevocationSettings,
    RevocationStore, RevocationStoreFuture, RevocationUpdate, RevocationUpdates, Revocations,
    RevocationsFull, RevocationsUnavailable, SharedRevocationHealth, WhenRevocationsFull,
};
pub use verify::{
    Audience, AuthenticatedRequest, Authenticator, ClientAssertion, Diagnosis, DiagnosisCheck,
    DiagnosisStatus, IntrospectionCredentials, IntrospectionSettings, Issuer, Issuers, Tenants,
    TokenCacheHealth, TokenCacheSettings,
};

#[cfg(feature = "reqwest-no-provider")]
use reqwest::default_http_client;

/// Returns an error: without feature `reqwest` there is no default client.
#[cfg(not(feature = "reqwest-no-provider"))]
fn default_http_client() -> Result<HttpClient, ConfigError> {
    Err(ConfigError::new(
        ConfigErrorKind::NoHttpClient,
        "http_client is not set: keys are fetched, so set one, or enable feature `reqwest`",
    ))
}

/// Makes a body of bytes.
type BodyFromBytes = fn(bytes::Bytes) -> Box<dyn std::any::Any>;

/// Makes the bodies of the frameworks whose features are enabled.
const FRAMEWORK_BODIES: &[BodyFromBytes] = &[
    #[cfg(feature = "axum")]
    axum::body_from,
    #[cfg(feature = "tonic")]
    tonic::body_from,
];

/// Compiles the README's program.
#[cfg(all(doctest, feature = "axum", feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
