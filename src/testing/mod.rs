//! A kit for tests of protected services: an issuer on loopback, keys, tokens and a clock.
//!
//! Note:
//! - The issuer uses real sockets, so it does not work with a paused tokio clock (`start_paused`):
//!   while a socket is awaited, that clock jumps past every timeout. [`TestClock`] works.
//! - The issuer runs on the runtime that started it. A test that blocks the only thread of that
//!   runtime gets no response.
//! - The keys are for tests only: secrets can be read, and key ids can be guessed.
//!
//! # Examples
//!
//! ```
//! use tower_jwt_auth::Algorithm;
//! use tower_jwt_auth::testing::{Rotation, TestIssuer};
//!
//! # fn main() -> std::io::Result<()> {
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let issuer = TestIssuer::builder()
//!     .algorithms([Algorithm::ES256, Algorithm::Ed25519])
//!     .start()
//!     .await?;
//! // Configure the service with `issuer.issuer()` or `issuer.jwks_uri()`, and send it this token:
//! let token = issuer.token().subject("alice").audience("https://api.example").sign();
//!
//! issuer.rotate(Rotation::Hard);
//! // From here on, the issuer no longer publishes the key of `token`.
//! # drop(token);
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! # What to use
//!
//! | to test | use |
//! |---|---|
//! | a handler, without a token and a request | [`claims`] |
//! | a token that is invalid in one way | [`TokenBuilder`] |
//! | a malformed token | [`TestKey::sign_raw`] |
//! | a token that is bound to a certificate | [`TokenBuilder::bound_to_certificate`] |
//! | a client that uses DPoP | [`DpopClient`], [`TokenBuilder::bound_to`] |
//! | a proof that is invalid in one way | [`ProofBuilder`] |
//! | a key rotation | [`TestIssuer::rotate`] |
//! | an issuer that is slow, broken or hostile | [`Fault`] |
//! | an outage of the issuer | [`TestIssuer::stop`] |
//! | the number of fetches | [`TestIssuer::jwks_fetches`] |
//! | the passing of time | [`TestClock`] |
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test kit reports mistakes by a panic with a message"
)]

mod builder;
mod claims;
mod clock;
mod conformance;
mod control;
mod dpop_client;
mod fault;
mod faulty_response;
mod issuer;
mod json_overrides;
mod key;
mod keyring;
mod proof;
mod provider;
mod response;
mod server;
mod spki;
mod token;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub use builder::TestIssuerBuilder;
pub use claims::claims;
pub use clock::TestClock;
pub use conformance::is_signed;
pub use dpop_client::DpopClient;
pub use fault::Fault;
pub use issuer::TestIssuer;
pub(crate) use key::PublicParts;
pub use key::TestKey;
pub use keyring::Rotation;
pub use proof::ProofBuilder;
pub use token::TokenBuilder;

/// Returns a unique name. Not for secrets: it can be guessed.
fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    // Relaxed: only the counter's own values must differ.
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // Tells apart the counters of two processes that test the same service.
    let time = SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    format!("{prefix}-{count}-{time:x}")
}
