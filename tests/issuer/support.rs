//! A client with short timeouts.

use std::time::Duration;

use tokio::time::Instant;
use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey};
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, Issuer, JwksCacheSettings,
};

pub(crate) const AUDIENCE: &str = "https://api.example";

/// Every fault, with a redirect to a place that would have the right keys.
pub(crate) fn faults(issuer: &TestIssuer) -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(404),
        Fault::Status(204),
        Fault::Hang,
        Fault::Reset,
        Fault::Truncated,
        Fault::Garbage,
        Fault::Html,
        Fault::Empty,
        Fault::NoKeys,
        Fault::Huge,
        Fault::Endless,
        Fault::Drip,
        Fault::Redirect(issuer.jwks_uri()),
        Fault::RetryAfter {
            status: 429,
            seconds: 1,
        },
        Fault::RetryAfter {
            status: 503,
            seconds: 1,
        },
    ]
}

/// Fetches are given half a second, requests wait for 300 ms.
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

/// A token that the issuer did not sign, with a key id of its own.
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

/// The time until a token is accepted, asking all the time as clients do.
pub(crate) async fn until_accepted(authenticator: &Authenticator, token: &str) -> Duration {
    let start = Instant::now();
    while authenticator.authenticate(token).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "never accepted");
        tokio::task::yield_now().await;
    }
    start.elapsed()
}
