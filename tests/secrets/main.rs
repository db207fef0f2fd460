//! Secrets: shown by nothing, copied no more than must be.
//!
//! That freed memory was wiped can't be seen without `unsafe`. What can be seen is how much memory
//! reading a secret takes: each copy that is made is one in `Zeroizing`, and there is no other. A
//! process of its own, since allocations are counted for all threads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is the report"
)]

mod copies;
mod shown;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Key};

/// One test at a time: each would count the other's allocations.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn random_secret() -> Vec<u8> {
    TestKey::generate(Algorithm::HS256).secret().unwrap()
}

/// As an operator would write it.
fn jwk_of(secret: &[u8]) -> String {
    format!(
        r#"{{"kty":"oct","alg":"HS256","kid":"shared","k":"{}"}}"#,
        encode(secret)
    )
}

fn key_of(secret: &[u8]) -> Key {
    Key::from_secret(Algorithm::HS256, secret).unwrap()
}
