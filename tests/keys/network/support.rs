//! An authenticator with short timeouts, and the faults of the issuer.

use std::time::Duration;

use tokio::time::Instant;
use tower_jwt_auth::testing::{TestIssuer, TestKey};
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, Issuer, JwksCacheSettings,
};

pub(crate) const AUDIENCE: &str = "https://api.example";

/// Returns settings with a fetch timeout of 500 ms and a wait timeout of 300 ms.
pub(crate) fn settings() -> JwksCacheSettings {
    JwksCacheSettings::default()
        .fetch_timeout(Duration::from_millis(500))
        .wait_timeout(Duration::from_millis(300))
}

pub(crate) fn authenticator(issuer: &TestIssuer, settings: JwksCacheSettings) -> Authenticator {
    let trusted = Issuer::discovery(issuer.issuer(), AUDIENCE).jwks_cache(settings);
    Authenticator::builder(trusted)
        .build_authenticator()
        .unwrap()
}

/// Returns a token with the id of a key that the issuer does not have.
pub(crate) fn unknown_key_token(issuer: &TestIssuer) -> String {
    TestKey::generate(Algorithm::ES256)
        .token()
        .issuer(issuer.issuer())
        .audience(AUDIENCE)
        .sign()
}

pub(crate) fn kind(outcome: Result<Claims, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// Returns the time until a token is accepted, while it is sent continuously.
pub(crate) async fn until_accepted(authenticator: &Authenticator, token: &str) -> Duration {
    let start = Instant::now();
    while authenticator.authenticate(token).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "never accepted");
        tokio::task::yield_now().await;
    }
    start.elapsed()
}
