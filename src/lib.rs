#![doc = include_str!("docs.md")]
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
mod future;
mod guard;
mod head;
mod issuer;
mod jwk;
mod jwt;
mod keys;
mod layer;
mod replay;
mod response;
mod service;
mod time;
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
#[cfg(all(feature = "testing", feature = "rust-crypto", not(feature = "aws-lc-rs")))]
#[path = "testing/sign_rust_crypto.rs"]
mod signing;

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "testing")]
pub mod testing;

pub use algorithm::{Algorithm, AlgorithmSet, UnknownAlgorithm};
pub use authenticator::Authenticator;
#[cfg(feature = "axum")]
pub use axum::MissingClaims;
pub use builder::JwtAuthBuilder;
pub use config_error::{ConfigError, ConfigErrorKind};
pub use error::{Error, ErrorKind};
pub use extract::TokenSource;
pub use future::ResponseFuture;
pub use head::RequestHead;
pub use issuer::Issuer;
pub use jwk::{Key, KeySet, SkippedKey};
pub use jwt::{Claims, RegisteredClaims, TokenType};
pub use keys::{
    CacheSettings, CachedKeys, FetchHealth, HttpClient, IssuerHealth, KeyInfo, KeyQuery, KeySource, Keys, KeysError,
    KeysFuture,
};
pub use layer::JwtAuthLayer;
pub use response::{Challenge, MakeResponse};
pub use service::JwtAuth;
pub use time::{Clock, SystemClock};

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
