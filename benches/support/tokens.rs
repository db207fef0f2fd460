//! Tokens, and layers that trust who signed them.

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, TokenCacheSettings};

pub(crate) const ISSUER: &str = "https://issuer.example/realms/production";
pub(crate) const AUDIENCE: &str = "https://api.example";
/// Longer than any run: a token that expires on the way would be measured as a refusal.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Twelve claims, as a provider's access token has them.
#[derive(Deserialize)]
pub(crate) struct MyClaims {
    #[serde(rename = "tenant")]
    pub(crate) _tenant: String,
    #[serde(rename = "roles")]
    pub(crate) _roles: Vec<String>,
    #[serde(rename = "email")]
    pub(crate) _email: String,
}

pub(crate) fn trusting(key: Key) -> JwtAuthBuilder<MyClaims> {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key, AUDIENCE)).claims()
}

/// Checks every signature.
pub(crate) fn forgetful(key: &TestKey) -> JwtAuthLayer<MyClaims> {
    trusting(public(key)).build().unwrap()
}

/// Checks each signature once.
pub(crate) fn remembering(key: &TestKey, settings: TokenCacheSettings) -> JwtAuthLayer<MyClaims> {
    trusting(public(key)).token_cache(settings).build().unwrap()
}

pub(crate) fn public(key: &TestKey) -> Key {
    Key::from_jwk(&key.jwk().to_string()).unwrap()
}

pub(crate) fn token(key: &TestKey) -> String {
    claims(key).sign()
}

pub(crate) fn claims(key: &TestKey) -> TokenBuilder {
    key.token()
        .expires_in(LIFE)
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

/// What is refused without a signature check, and a signature that is bad.
pub(crate) const REFUSALS: [&str; 6] = [
    "no token",
    "garbage",
    "three parts of garbage",
    "algorithm",
    "unknown kid",
    "forged signature",
];

/// The header of a request that who trusts this key, of RS256, refuses for that reason.
pub(crate) fn refusal(key: &TestKey, reason: &str) -> HeaderValue {
    let stranger = || TestKey::generate(key.algorithm());
    match reason {
        "no token" => HeaderValue::from_static("Basic eDp5"),
        "garbage" => bearer(&"x".repeat(token(key).len())),
        "three parts of garbage" => bearer(&format!("{0}.{0}.{0}", "x".repeat(400))),
        "algorithm" => bearer(&token(&TestKey::generate(Algorithm::ES256))),
        "unknown kid" => bearer(&token(&stranger())),
        "forged signature" => bearer(&token(&stranger().with_key_id(key.key_id()))),
        _ => panic!("nothing is refused for {reason:?}"),
    }
}
