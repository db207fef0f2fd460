//! The names in the columns "here" of the tables exist.

use std::time::Duration;

use http::{HeaderName, Response};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigError, Issuer, JwksCacheSettings, JwtAuthLayer, Key, KeySet,
    Paths, RequestParts, TokenSource, TokenType,
};

use crate::support::tokio;
use crate::support::web::Web;
use crate::support::{NOW, at, clock, key};

const NAME: &str = "https://login.example.com/";

fn issuers(key: &TestKey) -> Result<Vec<Issuer>, ConfigError> {
    let jwk = key.jwk().to_string();
    let set = KeySet::from_json(&format!("{{\"keys\":[{jwk}]}}"))?;
    let cache = JwksCacheSettings::default()
        .min_ttl(Duration::from_secs(60))
        .max_ttl(Duration::from_secs(3600))
        .backoff(Duration::from_secs(1), Duration::from_secs(4));
    let client = Web::default().client();
    let secret: Vec<u8> = (0..64).collect();
    Ok(vec![
        Issuer::discovery(NAME, ["a", "b"]).jwks_cache(cache),
        Issuer::jwks(NAME, "https://login.example.com/keys", "a").http_client(client),
        Issuer::from_keys(NAME, set, "a").algorithms([key.algorithm()]),
        Issuer::from_keys(NAME, Key::from_pem(key.pem())?, "a"),
        Issuer::from_keys(NAME, Key::from_der(key.der())?, "a"),
        Issuer::from_keys(NAME, Key::from_jwk(&jwk)?, "a"),
        Issuer::from_keys(NAME, Key::from_secret(Algorithm::HS512, secret)?, "a"),
    ])
}

#[test]
fn every_source_of_keys_builds_a_layer() {
    for issuer in issuers(key(Algorithm::RS256)).unwrap() {
        let layer = JwtAuthLayer::builder(issuer).build();
        assert!(layer.is_ok());
    }
    let secret: Vec<u8> = (0..32).collect();
    assert!(JwtAuthLayer::from_secret(NAME, secret, "a").is_ok());
}

#[test]
fn every_setting_can_be_set() {
    let token = HeaderName::from_static("x-auth-token");
    let own = |request: &RequestParts<'_>| {
        let value = request.headers().get("x-token")?;
        value.to_str().ok().map(ToOwned::to_owned)
    };
    let sources = [
        TokenSource::header(token),
        TokenSource::cookie("auth_token").unwrap(),
        TokenSource::custom(own),
    ];
    let other = Issuer::discovery("https://partner.example.com/", "a");
    let layer = JwtAuthLayer::builder(Issuer::discovery(NAME, "a"))
        .add_issuer(other)
        .leeway(Duration::from_secs(60))
        .authorize(|claims| claims.get("tenant").is_some())
        .skip_paths(Paths::exact(["/healthz"]).unwrap())
        .token_sources(sources)
        .rejection_response_fn(|_, _| Response::new(String::new()));
    assert!(layer.build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_verified_and_read_outside_of_handlers() {
    let key = key(Algorithm::RS256);
    let public = Key::from_pem(key.pem()).unwrap();
    let issuer = Issuer::from_keys(NAME, public, "a");
    let authenticator = Authenticator::builder(issuer).clock(clock());
    let authenticator = authenticator.build_authenticator().unwrap();
    let token = key.token().issuer(NAME).audience("a").clock(&clock());
    let claims = authenticator.authenticate(&token.sign()).await.unwrap();
    assert_eq!(claims.subject(), Some("test-subject"));
    assert!(claims.audience().eq(["a"]) && claims.expires_at() > at(NOW));
    assert_eq!(claims.key_id(), Some(key.key_id()));
    assert_eq!(
        (claims.algorithm(), claims.token_type()),
        (Some(Algorithm::RS256), &TokenType::Jwt)
    );
}
