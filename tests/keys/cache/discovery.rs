//! Discovery: from an issuer to its metadata and its keys.

use std::time::Duration;

use serde_json::json;
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer, JwksCacheSettings};

use crate::cache::mock::{AUDIENCE, ISSUER, Mock, kind, minutes};
use crate::support::tokio;

const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";
const OAUTH: &str = "https://issuer.example/.well-known/oauth-authorization-server";

fn metadata(jwks_uri: &str) -> String {
    json!({"issuer": ISSUER, "jwks_uri": jwks_uri}).to_string()
}

fn discovering(mock: &Mock) -> Authenticator {
    let issuer = Issuer::discovery(ISSUER, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(JwksCacheSettings::default());
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn openid_metadata_is_fetched_first() {
    let mock = Mock::new();
    mock.page(OPENID, metadata("https://issuer.example/keys"));
    assert!(discovering(&mock).authenticate(&mock.token()).await.is_ok());
    assert_eq!(mock.fetched(), [OPENID, "https://issuer.example/keys"]);
}

#[tokio::test(start_paused = true)]
async fn oauth_metadata_is_fetched_where_there_is_no_openid_metadata() {
    let mock = Mock::new();
    mock.page(OAUTH, metadata("https://issuer.example/keys"));
    assert!(discovering(&mock).authenticate(&mock.token()).await.is_ok());
    assert_eq!(
        mock.fetched(),
        [OPENID, OAUTH, "https://issuer.example/keys"]
    );
}

#[tokio::test(start_paused = true)]
async fn metadata_is_cached_for_its_own_ttl() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    mock.page(OPENID, metadata("https://issuer.example/keys"));
    let authenticator = discovering(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(
        mock.fetched(),
        [
            OPENID,
            "https://issuer.example/keys",
            "https://issuer.example/keys"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_jwks_uri_that_moves_is_followed() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    mock.page(OPENID, metadata("https://issuer.example/old"));
    let authenticator = discovering(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.page(OPENID, metadata("https://issuer.example/new"));
    minutes(3).await;
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(mock.fetched().last().unwrap(), "https://issuer.example/new");
}

#[tokio::test(start_paused = true)]
async fn metadata_of_another_issuer_is_rejected_and_the_cached_one_stays_in_use() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    mock.page(OPENID, metadata("https://issuer.example/keys"));
    let authenticator = discovering(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.page(
        OPENID,
        json!({"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"})
            .to_string(),
    );
    mock.rotate();
    for _ in 0..180 {
        minutes(1).await;
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    }
    assert!(
        !mock
            .fetched()
            .contains(&"https://evil.example/keys".to_owned())
    );
    let error = authenticator.health().remove(0).fetch.unwrap().last_error;
    let named = "the issuer's metadata names issuer \"https://evil.example\", and \
                 \"https://issuer.example\" is configured";
    let error = error.unwrap();
    assert!(error.contains(named), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_entity_tag_is_sent_only_to_the_url_that_it_came_from() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    mock.header("etag", "\"1\"");
    mock.page(OPENID, metadata("https://issuer.example/old"));
    let authenticator = discovering(&mock);
    let old = mock.token();
    assert!(authenticator.authenticate(&old).await.is_ok());
    mock.page(OPENID, metadata("https://issuer.example/new"));
    mock.rotate();
    minutes(5).await;
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(
        kind(authenticator.authenticate(&old).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_set_at_a_new_url_is_fetched_though_the_old_url_never_responds() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    mock.page(OPENID, metadata("https://issuer.example/old"));
    let authenticator = discovering(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.page(OPENID, metadata("https://issuer.example/new"));
    mock.silence("https://issuer.example/old");
    mock.rotate();
    let token = mock.token();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(authenticator.authenticate(&token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_ttl_of_metadata_is_limited_by_max_ttl() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    mock.page(OPENID, metadata("https://issuer.example/old"));
    let settings = JwksCacheSettings::default().max_ttl(Duration::from_secs(300));
    let issuer = Issuer::discovery(ISSUER, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(settings);
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.page(OPENID, metadata("https://issuer.example/new"));
    minutes(12).await;
    assert_eq!(mock.fetched().last().unwrap(), "https://issuer.example/new");
}

#[tokio::test(start_paused = true)]
async fn the_jwks_uri_of_an_https_issuer_must_be_https() {
    for jwks_uri in [
        "http://issuer.example/keys",
        "http://127.0.0.1/keys",
        "ftp://issuer.example/keys",
        "/keys",
        "",
    ] {
        let mock = Mock::new();
        mock.page(OPENID, metadata(jwks_uri));
        let authenticator = discovering(&mock);
        assert_eq!(
            kind(authenticator.authenticate(&mock.token()).await),
            Some(ErrorKind::KeysUnavailable)
        );
        assert_eq!(mock.fetched()[0], OPENID);
        assert!(!mock.fetched().contains(&jwks_uri.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_path_of_an_issuer_goes_before_or_after_the_well_known_part() {
    let mock = Mock::new();
    let issuer =
        Issuer::discovery("https://issuer.example/tenant/", AUDIENCE).http_client(mock.client());
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.prefetch().await.is_err());
    assert_eq!(
        mock.fetched(),
        [
            "https://issuer.example/tenant/.well-known/openid-configuration",
            "https://issuer.example/.well-known/oauth-authorization-server/tenant",
            "https://issuer.example/.well-known/openid-configuration/tenant"
        ]
    );
    tokio::time::sleep(Duration::from_millis(1)).await;
}
