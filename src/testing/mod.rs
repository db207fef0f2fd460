//! For tests of what this crate protects: an issuer on loopback, keys, tokens, and a clock.
//!
//! Mind:
//! - The issuer uses real sockets, so a paused tokio clock (`start_paused = true`) doesn't go with it: that clock
//!   jumps over every timeout while a socket is awaited. [`TestClock`] does go with it.
//! - It runs on the runtime that started it. A test that blocks the only thread of that runtime gets no answer.
//! - Keys made here guard nothing: secrets can be read out, and ids can be guessed.
//!
//! ```
//! use tower_jwt_auth::Algorithm;
//! use tower_jwt_auth::testing::{Rotation, TestIssuer};
//!
//! # fn main() -> std::io::Result<()> {
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let issuer = TestIssuer::builder().algorithms([Algorithm::ES256, Algorithm::Ed25519]).start().await?;
//! // Hand `issuer.issuer()` or `issuer.jwks_uri()` to the code under test, and this to its client:
//! let token = issuer.token().subject("alice").audience("https://api.example").sign();
//!
//! issuer.rotate(Rotation::Hard);
//! // From here on, `token` is signed by a key that the issuer publishes no more.
//! # drop(token);
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! | to test | use |
//! |---|---|
//! | a token that is wrong in one way | [`TokenBuilder`] |
//! | a token that is no JWT any more | [`TestKey::sign_raw`] |
//! | a change of keys | [`TestIssuer::rotate`] |
//! | an issuer that is slow, broken, down or hostile | [`Fault`], [`TestIssuer::stop`] |
//! | how often keys are fetched | [`TestIssuer::jwks_fetches`] |
//! | the passing of time | [`TestClock`] |
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test a clear panic beats an error to handle"
)]

mod answer;
mod builder;
mod clock;
mod conformance;
mod control;
mod fault;
mod issuer;
mod json_overrides;
mod key;
mod keyring;
mod misbehave;
mod provider;
mod server;
mod spki;
mod token;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub use builder::TestIssuerBuilder;
pub use clock::TestClock;
pub use conformance::is_signed;
pub use fault::Fault;
pub use issuer::TestIssuer;
pub(crate) use key::PublicParts;
pub use key::TestKey;
pub use keyring::Rotation;
pub use token::TokenBuilder;

/// A name that nothing else bears. It can be guessed: for ids, not for secrets.
fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // Two processes that test the same service hardly start their counters at the same nanosecond.
    let time = SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    format!("{prefix}-{count}-{time:x}")
}
