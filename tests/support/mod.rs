//! What most tests share: a configured issuer, its keys, valid tokens, and requests.

mod answer;
mod challenge;
pub(crate) mod client_certificate;
pub(crate) mod dpop;
pub(crate) mod faults;
mod held;
pub(crate) mod recorded;
mod replaceable_keys;
pub(crate) mod revocation_store;
pub(crate) mod system_clock;
mod time_limit;
pub(crate) mod tls;
pub(crate) mod tokio;
mod unreachable;
pub(crate) mod web;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::json;
use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, KeySet, TokenSource};

pub(crate) use self::answer::{Answer, ask, send, send_raw};
pub(crate) use self::held::Held;
pub(crate) use self::replaceable_keys::ReplaceableKeys;
pub(crate) use self::time_limit::{block_on, wait_for, within_limit};
pub(crate) use self::unreachable::Unreachable;

pub(crate) const ISSUER: &str = "https://issuer.example";
/// The default audience of the test kit's tokens.
pub(crate) const AUDIENCE: &str = "https://api.example";
/// The time of [`clock`].
pub(crate) const NOW: u64 = 1_800_000_000;
/// The header of a token of the default key, as JSON.
pub(crate) const HEADER: &str = r#"{"alg":"ES256","kid":"ES256","typ":"JWT"}"#;

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn clock() -> TestClock {
    TestClock::new(at(NOW))
}

/// Returns the algorithms that this build verifies: without ML-DSA, if feature `ml-dsa` is needed
/// for it and is not enabled.
pub(crate) fn algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::all().filter(|algorithm| algorithm.is_supported())
}

/// Returns those of ML-DSA among them.
pub(crate) fn ml_dsa() -> impl Iterator<Item = Algorithm> {
    let all = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
    all.into_iter().filter(|algorithm| algorithm.is_supported())
}

/// Returns the only key of an algorithm. Its id is the algorithm's name. The keys are shared,
/// because RSA keys are slow to generate.
pub(crate) fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 16] = [const { OnceLock::new() }; 16];
    let index = Algorithm::all().position(|one| one == algorithm).unwrap();
    KEYS[index].get_or_init(|| TestKey::generate(algorithm).with_key_id(algorithm.name()))
}

/// Returns the key of ES256.
pub(crate) fn default_key() -> &'static TestKey {
    key(Algorithm::ES256)
}

/// Returns the public key of the default key.
pub(crate) fn public_key() -> Key {
    Key::from_jwk(&default_key().jwk().to_string()).unwrap()
}

/// Returns a key set as in a configuration: with `kid` and `alg`, and secrets allowed.
pub(crate) fn key_set<'k>(keys: impl IntoIterator<Item = &'k TestKey>) -> KeySet {
    let keys: Vec<_> = keys.into_iter().map(TestKey::jwk).collect();
    KeySet::from_json(&json!({ "keys": keys }).to_string()).unwrap()
}

pub(crate) fn issuer() -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), AUDIENCE)
}

pub(crate) fn builder_for(issuer: Issuer) -> JwtAuthBuilder {
    JwtAuthLayer::builder(issuer).clock(clock())
}

pub(crate) fn builder() -> JwtAuthBuilder {
    builder_for(issuer())
}

pub(crate) fn layer() -> JwtAuthLayer {
    builder().build().unwrap()
}

/// Returns a layer that also reads tokens that a header can't contain.
pub(crate) fn raw_layer() -> JwtAuthLayer {
    builder().token_sources([raw_source()]).build().unwrap()
}

pub(crate) fn raw_source() -> TokenSource {
    TokenSource::custom(|request| request.extensions().get::<Raw>().map(|raw| raw.0.clone()))
}

/// A token in a request's extensions.
#[derive(Clone)]
pub(crate) struct Raw(pub(crate) String);

/// Returns a token that [`layer`] accepts.
pub(crate) fn token() -> TokenBuilder {
    token_of(default_key())
}

pub(crate) fn token_of(key: &TestKey) -> TokenBuilder {
    key.token().issuer(ISSUER).clock(&clock())
}

/// Returns a payload that [`layer`] accepts, with these claims added or replaced by JSON texts. An
/// empty text removes the claim.
pub(crate) fn payload(changes: &[(&str, &str)]) -> String {
    let (now, exp) = (NOW.to_string(), (NOW + 300).to_string());
    let (iss, aud) = (format!("\"{ISSUER}\""), format!("\"{AUDIENCE}\""));
    let mut claims = vec![
        ("iss", &*iss),
        ("sub", "\"alice\""),
        ("aud", &*aud),
        ("iat", &*now),
        ("exp", &*exp),
    ];
    for (name, value) in changes {
        claims.retain(|(other, _)| other != name);
        if !value.is_empty() {
            claims.push((name, value));
        }
    }
    let members: Vec<_> = claims
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Returns a token of the default key with this payload.
pub(crate) fn signed(payload: impl AsRef<[u8]>) -> String {
    default_key().sign_raw(HEADER, payload.as_ref())
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Returns a request with these headers.
pub(crate) fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request = headers
        .iter()
        .fold(Request::get("/"), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.body(()).unwrap()
}

pub(crate) fn bearer(token: &str) -> Request<()> {
    request(&[("authorization", &format!("Bearer {token}"))])
}
