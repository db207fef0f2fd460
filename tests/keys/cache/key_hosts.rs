//! The hosts on which an issuer's metadata may name its keys.

use serde_json::json;
use tower_jwt_auth::{Authenticator, Issuer, JwksCacheSettings};

use crate::cache::mock::{AUDIENCE, ISSUER, Mock};
use crate::support::tokio;

/// Returns whether keys are fetched from the URL, and the last error.
async fn fetched(
    issuer: &str,
    jwks_uri: &str,
    settings: JwksCacheSettings,
) -> (bool, Option<String>) {
    let (mock, document) = (
        Mock::new(),
        format!("{issuer}/.well-known/openid-configuration"),
    );
    mock.page(
        &document,
        json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string(),
    );
    let configured = Issuer::discovery(issuer, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(settings);
    let authenticator: Authenticator = Authenticator::builder(configured)
        .build_authenticator()
        .unwrap();
    let loaded = authenticator.prefetch().await.is_ok();
    assert_eq!(
        mock.fetched().len(),
        if loaded { 2 } else { 1 },
        "{jwks_uri}"
    );
    let health = authenticator.health().remove(0);
    (loaded, health.fetch.unwrap().last_error)
}

async fn is_fetched(issuer: &str, jwks_uri: &str) -> bool {
    fetched(issuer, jwks_uri, JwksCacheSettings::default())
        .await
        .0
}

#[tokio::test(start_paused = true)]
async fn metadata_of_an_https_issuer_must_not_name_keys_on_this_machine_or_its_link() {
    for host in [
        "127.0.0.1",
        "127.0.0.1:8443",
        "169.254.169.254",
        "0.0.0.0",
        "[::1]:8443",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "127.1",
        "2130706433",
        "localhost",
    ] {
        let (url, settings) = (format!("https://{host}/jwks"), JwksCacheSettings::default());
        let (loaded, error) = fetched(ISSUER, &url, settings).await;
        assert!(!loaded, "{host}");
        let reason = "the issuer's metadata names a jwks_uri on a loopback or link-local address: \
                      allowed_key_hosts can allow it";
        assert!(error.as_ref().unwrap().ends_with(reason), "{error:?}");
    }
    for host in ["10.0.0.1", "192.168.0.1", "[fd00::1]", "keys.example:8443"] {
        assert!(is_fetched(ISSUER, &format!("https://{host}/jwks")).await);
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_on_this_machine_may_name_keys_beside_it() {
    for (issuer, jwks_uri) in [
        ("https://127.0.0.1:8443", "https://127.0.0.1:9443/jwks"),
        ("https://localhost:8443", "https://localhost:8443/jwks"),
        ("http://127.0.0.1:8080", "http://localhost:8080/jwks"),
    ] {
        assert!(is_fetched(issuer, jwks_uri).await, "{issuer}");
    }
    assert!(!is_fetched("https://127.0.0.1:8443", "https://[::1]/jwks").await);
}

#[tokio::test(start_paused = true)]
async fn the_hosts_can_be_limited_or_extended() {
    let allowed = ["Keys.example", "127.0.0.1", "[::1]"];
    for (host, expected) in [
        ("keys.example", true),
        ("KEYS.example:8443", true),
        ("127.0.0.1", true),
        ("[::1]:8443", true),
        ("issuer.example", false),
        ("keys.example.evil.example", false),
        ("sub.keys.example", false),
        ("127.0.0.2", false),
    ] {
        let settings = JwksCacheSettings::default().allowed_key_hosts(allowed);
        let (loaded, error) = fetched(ISSUER, &format!("https://{host}/jwks"), settings).await;
        assert_eq!(loaded, expected, "{host}");
        let reason =
            "the issuer's metadata names a jwks_uri whose host is not in allowed_key_hosts";
        assert_eq!(error.is_some(), !expected);
        assert!(error.is_none_or(|error| error.ends_with(reason)), "{host}");
    }
}

/// The URL of keys that is configured is the operator's choice.
#[tokio::test(start_paused = true)]
async fn a_configured_url_of_keys_is_not_limited() {
    let mock = Mock::new();
    let issuer = Issuer::jwks(ISSUER, "https://127.0.0.1/jwks", AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(JwksCacheSettings::default().allowed_key_hosts(["keys.example"]));
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.prefetch().await.is_ok());
}

#[test]
fn a_host_with_scheme_port_or_path_is_rejected_when_the_layer_is_built() {
    for host in [
        "",
        "https://x.example",
        "x.example:443",
        "x.example/",
        "::1",
        "u@x.example",
    ] {
        let settings = JwksCacheSettings::default().allowed_key_hosts([host]);
        let issuer = Issuer::discovery(ISSUER, AUDIENCE).jwks_cache(settings);
        let built = Authenticator::builder(issuer).build_authenticator();
        let error = built.unwrap_err().to_string();
        assert!(error.contains("allowed_key_hosts"), "{host}: {error}");
    }
}
