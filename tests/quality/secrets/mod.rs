//! Secrets are never shown, and copied no more often than necessary.
//!
//! Whether freed memory was wiped can't be tested without `unsafe`. The tests check how much
//! memory is allocated to read a secret: that of the copies in `Zeroizing`, and no more. They run
//! in a process of their own, because counting allocations replaces the global allocator.

mod copies;
mod debug;
mod shown;
mod unserializable;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Key};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn random_secret() -> Vec<u8> {
    let secret = TestKey::generate(Algorithm::HS256).secret().unwrap();
    crate::support::recorded::record(&secret);
    secret
}

/// Returns the JWK of a secret, as in a configuration.
fn jwk_of(secret: &[u8]) -> String {
    format!(
        r#"{{"kty":"oct","alg":"HS256","kid":"shared","k":"{}"}}"#,
        encode(secret)
    )
}

fn key_of(secret: &[u8]) -> Key {
    Key::from_secret(Algorithm::HS256, secret).unwrap()
}
