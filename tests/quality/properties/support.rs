//! An authenticator whose tokens are cheap to sign, so that many can be tried.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use proptest::test_runner::Config;
use tower_jwt_auth::testing::{TestClock, TestKey};
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, Issuer, JwtAuthBuilder, JwtAuthLayer, Key,
};

use crate::support::block_on;

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "https://api.example";
/// The time of the clock.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The default leeway.
pub(crate) const LEEWAY: u64 = 60;
pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

static KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate(Algorithm::HS256));
static AUTHENTICATOR: LazyLock<Authenticator> =
    LazyLock::new(|| builder().build_authenticator().unwrap());

/// Returns a configuration with `count` inputs, or as many as `PROPTEST_CASES` says. Inputs that
/// fail are not stored in a file, because they become tests.
pub(crate) fn cases(count: u32) -> Config {
    let configured = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let cases = configured.unwrap_or(count);
    Config {
        cases,
        max_global_rejects: cases,
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn secret() -> Vec<u8> {
    KEY.secret().unwrap()
}

pub(crate) fn builder() -> JwtAuthBuilder {
    let key = Key::from_secret(Algorithm::HS256, secret()).unwrap();
    let clock = TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key, AUDIENCE)).clock(clock)
}

/// Returns a valid payload with these members added, or replaced.
pub(crate) fn payload(changes: &[(&str, &str)]) -> String {
    let (iss, aud) = (format!("\"{ISSUER}\""), format!("\"{AUDIENCE}\""));
    let exp = (NOW + 300).to_string();
    let mut members = vec![("iss", iss.as_str()), ("aud", &aud), ("exp", &exp)];
    members.retain(|(name, _)| changes.iter().all(|(other, _)| other != name));
    members.extend(changes);
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn sign(payload: &str) -> String {
    KEY.sign_raw(HEADER, payload.as_bytes())
}

pub(crate) fn authenticate(token: &str) -> Result<Claims, Error> {
    block_on(AUTHENTICATOR.authenticate(token))
}
