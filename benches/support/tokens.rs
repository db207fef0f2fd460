//! Tokens, and layers that trust their keys.

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, TokenCacheSettings};

pub(crate) const ISSUER: &str = "https://issuer.example/realms/production";
pub(crate) const AUDIENCE: &str = "https://api.example";
/// Longer than any run, so that no token expires while it is measured.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The custom claims of the token. With the registered ones it has thirteen claims, like a
/// provider's access token.
#[derive(Deserialize)]
pub(crate) struct MyClaims {
    #[serde(rename = "tenant")]
    pub(crate) _tenant: String,
    #[serde(rename = "roles")]
    pub(crate) _roles: Vec<String>,
    #[serde(rename = "email")]
    pub(crate) _email: String,
}

/// Returns a builder that trusts this key.
pub(crate) fn builder(key: Key) -> JwtAuthBuilder<MyClaims> {
    let algorithms = key.algorithms();
    let issuer = Issuer::from_keys(ISSUER, key, AUDIENCE).algorithms(algorithms);
    JwtAuthLayer::builder(issuer).claims()
}

/// Returns a layer without a token cache, which checks every signature.
pub(crate) fn uncached(key: &TestKey) -> JwtAuthLayer<MyClaims> {
    builder(public(key)).build().unwrap()
}

/// Returns a layer with a token cache, which checks a signature once.
pub(crate) fn cached(key: &TestKey, settings: TokenCacheSettings) -> JwtAuthLayer<MyClaims> {
    builder(public(key)).token_cache(settings).build().unwrap()
}

pub(crate) fn public(key: &TestKey) -> Key {
    Key::from_jwk(&key.jwk().to_string()).unwrap()
}

pub(crate) fn token(key: &TestKey) -> String {
    claims(key).sign()
}

pub(crate) fn claims(key: &TestKey) -> TokenBuilder {
    key.token()
        .expires_in(LIFETIME)
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("0d4f9a52-4e5b-4a3e-9f1b-2f6c7d8e9a10")
        .claim("client_id", "web-frontend")
        .claim("scope", "openid profile email orders:read orders:write")
        .claim("tenant", "acme-industries")
        .claim("roles", ["reader", "writer", "auditor"])
        .claim("email", "somebody@acme.example")
        .claim("name", "Some Body")
        .claim("session", "7e5f1c3a-91d2-4a57-b7a5-0c1d2e3f4a5b")
}

pub(crate) fn bearer(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).unwrap()
}

/// Reasons for a rejection. All but the last are found without a signature check.
pub(crate) const REJECTIONS: [&str; 6] = [
    "no token",
    "garbage",
    "three parts of garbage",
    "algorithm",
    "unknown kid",
    "forged signature",
];

/// Returns a header value that a layer trusting this RS256 key rejects for the reason.
pub(crate) fn rejected_header(key: &TestKey, reason: &str) -> HeaderValue {
    let other = || TestKey::generate(key.algorithm());
    match reason {
        "no token" => HeaderValue::from_static("Basic eDp5"),
        "garbage" => bearer(&"x".repeat(token(key).len())),
        "three parts of garbage" => bearer(&format!("{0}.{0}.{0}", "x".repeat(400))),
        "algorithm" => bearer(&token(&TestKey::generate(Algorithm::ES256))),
        "unknown kid" => bearer(&token(&other())),
        "forged signature" => bearer(&token(&other().with_key_id(key.key_id()))),
        _ => panic!("unknown reason {reason:?}"),
    }
}
