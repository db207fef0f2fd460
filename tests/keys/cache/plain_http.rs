//! Plain `http` on hosts that the configuration names.

use serde_json::json;
use tower_jwt_auth::{Authenticator, ConfigError, ConfigErrorKind, Issuer, JwksCacheSettings};

use crate::cache::mock::{AUDIENCE, ISSUER, Mock};
use crate::cache::site::{Page, Site};
use crate::support::tokio;

const KEYS: &str = "http://keycloak:8080/realms/main/keys";
const METADATA: &str = "http://keycloak:8080/realms/main/.well-known/openid-configuration";

fn settings() -> JwksCacheSettings {
    JwksCacheSettings::default().allowed_http_hosts(["keycloak"])
}

fn build(issuer: Issuer) -> Result<Authenticator, ConfigError> {
    Authenticator::builder(issuer).build_authenticator()
}

// Tokens name the public URL, and the keys come from the container.
#[tokio::test(start_paused = true)]
async fn keys_are_fetched_over_http_from_a_host_that_is_allowed() {
    let mock = Mock::new();
    let site = Site::of(&mock);
    let issuer = || Issuer::jwks(ISSUER, KEYS, AUDIENCE).http_client(site.client());
    let error = build(issuer()).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InsecureUrl);
    assert!(error.to_string().contains("allowed_http_hosts"), "{error}");
    let other = JwksCacheSettings::default().allowed_http_hosts(["keycloak.example"]);
    let error = build(issuer().jwks_cache(other)).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InsecureUrl);
    let authenticator = build(issuer().jwks_cache(settings())).unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(site.fetched(), [KEYS]);
}

#[tokio::test(start_paused = true)]
async fn metadata_over_http_may_name_keys_over_http_on_allowed_hosts_only() {
    for (jwks_uri, expected) in [
        (KEYS, true),
        ("http://KEYCLOAK/keys", true),
        ("https://login.example/keys", true),
        ("http://other:8080/keys", false),
        // Not what the network can make a request reach.
        ("http://127.0.0.1/keys", false),
        ("http://localhost:8080/keys", false),
        ("https://169.254.169.254/keys", false),
        ("http://169.254.169.254/keys", false),
        ("http://user@keycloak/keys", false),
    ] {
        let mock = Mock::new();
        let site = Site::of(&mock);
        let document = json!({"issuer": ISSUER, "jwks_uri": jwks_uri}).to_string();
        site.publish(METADATA, Page::ok(document));
        let issuer = Issuer::discovery(ISSUER, AUDIENCE)
            .metadata_url(METADATA)
            .http_client(site.client())
            .jwks_cache(settings());
        let fetched = build(issuer).unwrap().prefetch().await.is_ok();
        assert_eq!(fetched, expected, "{jwks_uri}");
        assert_eq!(
            site.fetched().len(),
            1 + usize::from(expected),
            "{jwks_uri}"
        );
    }
}

/// The setting says where `http` may be used, not that TLS is not needed.
#[tokio::test(start_paused = true)]
async fn metadata_over_https_must_not_name_keys_over_http() {
    let site = Site::of(&Mock::new());
    let url = "https://login.example/.well-known/openid-configuration";
    let document = json!({"issuer": ISSUER, "jwks_uri": KEYS}).to_string();
    site.publish(url, Page::ok(document));
    let issuer = Issuer::discovery(ISSUER, AUDIENCE)
        .metadata_url(url)
        .http_client(site.client())
        .jwks_cache(settings());
    assert!(build(issuer).unwrap().prefetch().await.is_err());
    assert_eq!(site.fetched(), [url]);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_on_an_allowed_host_is_discovered() {
    let name = "http://keycloak:8080/realms/main";
    let site = Site::of(&Mock::new());
    let document = json!({"issuer": name, "jwks_uri": KEYS}).to_string();
    site.publish(METADATA, Page::ok(document));
    let issuer = || Issuer::discovery(name, AUDIENCE).http_client(site.client());
    let error = build(issuer()).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InsecureUrl);
    let authenticator = build(issuer().jwks_cache(settings())).unwrap();
    assert!(authenticator.prefetch().await.is_ok());
}
