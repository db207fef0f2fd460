//! What most tests share: a configured issuer, its keys, valid tokens, and requests.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::json;
use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthBuilder, JwtAuthLayer, KeySet, TokenSource};

pub use crate::answer::{Answer, ask, send, send_raw};

pub const ISSUER: &str = "https://issuer.example";
/// The default audience of the test kit's tokens.
pub const AUDIENCE: &str = "https://api.example";
/// The time of [`clock`].
pub const NOW: u64 = 1_800_000_000;
/// The header of a token of the default key, as JSON.
pub const HEADER: &str = r#"{"alg":"ES256","kid":"ES256","typ":"JWT"}"#;

pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn clock() -> TestClock {
    TestClock::new(at(NOW))
}

/// Returns the only key of an algorithm. Its id is the algorithm's name. The keys are shared,
/// because RSA keys are slow to generate.
pub fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 13] = [const { OnceLock::new() }; 13];
    let index = Algorithm::all().position(|one| one == algorithm).unwrap();
    KEYS[index].get_or_init(|| TestKey::generate(algorithm).with_key_id(algorithm.name()))
}

pub fn default_key() -> &'static TestKey {
    key(Algorithm::ES256)
}

/// Returns a key set as in a configuration: with `kid` and `alg`, and secrets allowed.
pub fn key_set<'k>(keys: impl IntoIterator<Item = &'k TestKey>) -> KeySet {
    let keys: Vec<_> = keys.into_iter().map(TestKey::jwk).collect();
    KeySet::from_json(&json!({ "keys": keys }).to_string()).unwrap()
}

pub fn issuer() -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), AUDIENCE)
}

pub fn builder_for(issuer: Issuer) -> JwtAuthBuilder {
    JwtAuthLayer::builder(issuer).clock(clock())
}

pub fn builder() -> JwtAuthBuilder {
    builder_for(issuer())
}

pub fn layer() -> JwtAuthLayer {
    builder().build().unwrap()
}

/// Returns a layer that also reads tokens that a header can't contain.
pub fn raw_layer() -> JwtAuthLayer {
    builder().token_sources([raw_source()]).build().unwrap()
}

pub fn raw_source() -> TokenSource {
    TokenSource::custom(|request| request.extensions().get::<Raw>().map(|raw| raw.0.clone()))
}

/// A token in a request's extensions.
#[derive(Clone)]
pub struct Raw(pub String);

/// Returns a token that [`layer`] accepts.
pub fn token() -> TokenBuilder {
    token_of(default_key())
}

pub fn token_of(key: &TestKey) -> TokenBuilder {
    key.token().issuer(ISSUER).clock(&clock())
}

/// Returns a payload that [`layer`] accepts, with these claims added or replaced by JSON texts. An
/// empty text removes the claim.
pub fn payload(changes: &[(&str, &str)]) -> String {
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
pub fn signed(payload: impl AsRef<[u8]>) -> String {
    default_key().sign_raw(HEADER, payload.as_ref())
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Returns a request with these headers.
pub fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request = headers
        .iter()
        .fold(Request::get("/"), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.body(()).unwrap()
}

pub fn bearer(token: &str) -> Request<()> {
    request(&[("authorization", &format!("Bearer {token}"))])
}
