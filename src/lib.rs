//! Protects tower services with JSON Web Tokens: axum, tonic, hyper, whatever is a `Service<http::Request<_>>`.
//!
//! [`JwtAuthLayer`] takes the bearer token from a request, verifies it against the issuer's keys, which it fetches and
//! caches, validates the claims, and leaves [`Claims<C>`](Claims) in the request's extensions. What is not good is
//! answered as RFC 6750 asks.
//!
//! Mind:
//! - It says who calls, not what he may do: see [`RequireLayer`], or decide in your handlers.
//! - The issuer is compared byte by byte: `https://login.example.com` and `https://login.example.com/` are two.
//! - A token is good until it expires, also after a log-out, unless you say otherwise
//!   ([`revoked`](JwtAuthBuilder::revoked)): ask the issuer for short lives.
//!
//! # axum
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use serde::Deserialize;
//! use tower_jwt_auth::{Claims, JwtAuthLayer};
//!
//! #[derive(Deserialize)]
//! struct MyClaims {
//!     tenant: String,
//! }
//!
//! async fn me(claims: Claims<MyClaims>) -> String {
//!     format!("{} of {}", claims.subject().unwrap_or("somebody"), claims.tenant)
//! }
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = JwtAuthLayer::<MyClaims>::discover("https://login.example.com/", "https://api.example.com").await?;
//! let app = Router::new().route("/me", get(me)).layer(auth);
//! axum::serve(tokio::net::TcpListener::bind("0.0.0.0:8080").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | protect a router in one line | [`JwtAuthLayer::discover`], [`jwks`](JwtAuthLayer::jwks), [`secret`](JwtAuthLayer::secret) |
//! | set anything | [`JwtAuthLayer::builder`] → [`JwtAuthBuilder`] |
//! | trust several issuers, other keys or audiences | [`Issuer`], [`Key`], [`KeySet`], [`KeySource`] |
//! | read claims | [`Claims`]; without a struct of your own [`JsonClaims`] |
//! | ask for scopes, roles, tenants, by router, route or method | [`RequireLayer`]; in axum's handlers [`Scoped`] |
//! | limit how often each caller comes | [`ClaimsKeyExtractor`] (feature `governor`) |
//! | put the layers of a service in order | [`composition`] |
//! | take tokens from cookies, queries, WebSockets | [`TokenSource`] |
//! | answer refusals in your own way | [`MakeResponse`], [`Challenge`], [`Error`] |
//! | check a token outside HTTP | [`Authenticator`] |
//! | tune how keys are cached | [`CacheSettings`] |
//! | check each signature once | [`JwtAuthBuilder::remember_tokens`] |
//! | see how the keys are, and be told | [`Authenticator::health`], [`Issuer::observe`] |
//! | fetch through your own client | [`HttpClient`] |
//! | serve gRPC | [`tonic`] (feature `tonic`) |
//! | test what you protect | [`testing`] (feature `testing`) |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | signatures by aws-lc-rs |
//! | `rust-crypto` | no | signatures in pure Rust (RustCrypto); slower, needs no C compiler. With both on, aws-lc-rs is used |
//! | `reqwest` | yes | the HTTP client for issuers that are given none: reqwest with rustls (which brings aws-lc-rs for TLS) |
//! | `tracing` | yes | events about refusals and fetches, with nothing of a token in them |
//! | `axum` | no | [`Claims`] and [`Scoped`] as extractors |
//! | `governor` | no | [`ClaimsKeyExtractor`]: rate limits by caller, with `tower_governor` |
//! | `tonic` | no | [`tonic`]: claims in gRPC handlers, errors as `Status`, error details, policy by method, streams that end |
//! | `testing` | no | an issuer on loopback, keys, tokens and a clock for your tests |
//!
//! Both backends verify all of [`Algorithm`]. A feature adds; it never changes what the others do. No process-wide
//! cryptographic default is read or set.
//!
//! # What is promised
//!
//! See `SECURITY.md` for the threat model. In short: the key decides the algorithm, not the token; a token can
//! cause a fetch only from a configured issuer, for a key that is not at hand, at bounded intervals; an outage of
//! the issuer is a 503, never a 401; no token, secret or claim is in a log, an error or a `Debug` output.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!(
    "tower-jwt-auth needs a signature backend: enable feature `aws-lc-rs` (the default) or `rust-crypto` (pure Rust)"
);

mod algorithm;
mod authenticator;
mod authorize;
mod base64url;
mod builder;
mod config_error;
mod crypto;
mod error;
mod extract;
mod first_sight;
mod future;
mod guard;
mod head;
mod issuer;
mod json;
mod jwk;
mod jwt;
mod keys;
mod layer;
mod offload;
mod replay;
mod require;
mod response;
mod service;
mod time;
mod token_cache;
mod trace;

// The signature backend: aws-lc-rs where both are on.
#[cfg(feature = "aws-lc-rs")]
#[path = "crypto/aws_lc.rs"]
mod backend;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
#[path = "crypto/rust_crypto.rs"]
mod backend;

// The same choice for the test kit's signatures.
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

#[cfg(feature = "axum")]
mod axum;
pub mod composition;
#[cfg(feature = "governor")]
mod governor;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tonic")]
pub mod tonic;

pub use algorithm::{Algorithm, AlgorithmSet, Algorithms, UnknownAlgorithm};
pub use authenticator::Authenticator;
#[cfg(feature = "axum")]
pub use axum::{MissingClaims, ScopeRejection, Scoped, Scopes};
pub use builder::JwtAuthBuilder;
pub use config_error::{ConfigError, ConfigErrorKind};
pub use error::{Error, ErrorKind};
pub use extract::TokenSource;
pub use future::ResponseFuture;
#[cfg(feature = "governor")]
pub use governor::{ClaimsKey, ClaimsKeyExtractor};
pub use head::RequestHead;
pub use issuer::Issuer;
pub use jwk::{Key, KeySet, SkippedKey};
pub use jwt::{Claims, JsonClaims, TokenType};
pub use keys::{
    CacheSettings, FetchHealth, HttpClient, IssuerHealth, KeyInfo, KeyQuery, KeySource, Keys,
    KeysError, KeysEvent, KeysFuture,
};
pub use layer::JwtAuthLayer;
pub use require::{Require, RequireFuture, RequireLayer};
pub use response::{Challenge, MakeResponse};
pub use service::JwtAuth;
pub use time::{Clock, SystemClock};
pub use token_cache::TokenCacheSettings;

#[cfg(feature = "reqwest")]
use reqwest::default_http_client;

/// Without feature `reqwest` the client must be given.
#[cfg(not(feature = "reqwest"))]
fn default_http_client() -> Result<HttpClient, ConfigError> {
    Err(ConfigError::new(
        ConfigErrorKind::NoHttpClient,
        "keys must be fetched, and there is no HTTP client: give one, or enable feature `reqwest`",
    ))
}

/// So that the README's program compiles.
#[cfg(all(doctest, feature = "axum", feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
