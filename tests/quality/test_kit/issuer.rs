use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::support::tokio;
use crate::test_kit::{get, get_with, send, split_url, tasks_fall_to};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{Fault, Rotation, TestIssuer};

#[tokio::test]
async fn metadata_points_to_the_keys() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::ES256, Algorithm::Ed25519])
        .start()
        .await
        .unwrap();
    let metadata = get(&format!(
        "{}/.well-known/openid-configuration",
        issuer.issuer()
    ))
    .await;
    assert_eq!(
        (metadata.status(), metadata.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(metadata.json()["issuer"], issuer.issuer());
    assert_eq!(
        metadata.json()["id_token_signing_alg_values_supported"],
        json!(["ES256", "Ed25519"])
    );
    let keys = get(metadata.json()["jwks_uri"].as_str().unwrap()).await;
    assert_eq!(keys.header("cache-control"), Some("max-age=300"));
    assert_eq!(keys.body, issuer.jwks().as_bytes());
    assert_eq!(
        keys.key_ids()[1],
        issuer.key(Algorithm::Ed25519).unwrap().key_id()
    );
    assert_eq!((issuer.jwks_fetches(), issuer.metadata_fetches()), (1, 1));
    issuer.reset_counts();
    assert_eq!((issuer.jwks_fetches(), issuer.metadata_fetches()), (0, 0));
}

#[tokio::test]
async fn the_path_is_before_or_after_the_well_known_suffix() {
    let issuer = TestIssuer::builder().path("tenant/").start().await.unwrap();
    let (address, path) = split_url(issuer.issuer());
    assert_eq!(path, "/tenant");
    assert_eq!(
        get(&format!(
            "http://{address}/tenant/.well-known/openid-configuration"
        ))
        .await
        .status(),
        200
    );
    assert_eq!(
        get(&format!(
            "http://{address}/.well-known/oauth-authorization-server/tenant"
        ))
        .await
        .status(),
        200
    );
    assert_eq!(
        get(&format!(
            "http://{address}/.well-known/openid-configuration"
        ))
        .await
        .status(),
        404
    );
    assert_eq!(get(&issuer.jwks_uri()).await.status(), 200);
}

#[tokio::test]
async fn metadata_can_be_disabled_or_wrong() {
    let issuer = TestIssuer::start().await.unwrap();
    let openid = format!("{}/.well-known/openid-configuration", issuer.issuer());
    let oauth = format!("{}/.well-known/oauth-authorization-server", issuer.issuer());
    issuer.set_openid_discovery(false);
    assert_eq!(
        (get(&openid).await.status(), get(&oauth).await.status()),
        (404, 200)
    );
    issuer.set_openid_discovery(true);
    issuer.set_oauth_discovery(false);
    assert_eq!(
        (get(&openid).await.status(), get(&oauth).await.status()),
        (200, 404)
    );
    issuer.set_metadata_member("issuer", "https://evil.example");
    issuer.remove_metadata_member("jwks_uri");
    let wrong = get(&openid).await.json();
    assert_eq!(
        (&wrong["issuer"], wrong.get("jwks_uri")),
        (&json!("https://evil.example"), None)
    );
}

#[tokio::test]
async fn rotation_publishes_the_new_keys_and_the_old_ones_if_overlapping() {
    let issuer = TestIssuer::start().await.unwrap();
    let id = || issuer.key(Algorithm::ES256).unwrap().key_id().to_owned();
    let first = id();
    issuer.rotate(Rotation::Overlapping);
    assert_eq!(get(&issuer.jwks_uri()).await.key_ids(), [id(), first]);
    issuer.retire_old_keys();
    assert_eq!(get(&issuer.jwks_uri()).await.key_ids(), [id()]);
    issuer.rotate(Rotation::Hard);
    assert_eq!(get(&issuer.jwks_uri()).await.key_ids(), [id()]);
    let before = issuer.jwks();
    let id_before = id();
    issuer.replace_keys_keeping_ids();
    assert_eq!(get(&issuer.jwks_uri()).await.key_ids(), [id_before]);
    assert_ne!(issuer.jwks(), before);
    issuer.set_jwks("nonsense");
    assert_eq!(get(&issuer.jwks_uri()).await.body, b"nonsense");
    issuer.restore_jwks();
    assert_eq!(get(&issuer.jwks_uri()).await.key_ids(), [id()]);
}

#[tokio::test]
async fn a_set_that_the_client_has_is_not_sent_again() {
    let issuer = TestIssuer::builder()
        .etags(true)
        .max_age(None)
        .start()
        .await
        .unwrap();
    let first = get(&issuer.jwks_uri()).await;
    assert_eq!(first.header("cache-control"), None);
    let condition = format!(
        "If-None-Match: \"x\", W/{}\r\n",
        first.header("etag").unwrap()
    );
    let second = get_with(&issuer.jwks_uri(), &condition).await;
    assert_eq!(
        (second.status(), second.body.len(), second.header("etag")),
        (304, 0, first.header("etag"))
    );
    issuer.rotate(Rotation::Hard);
    assert_eq!(get_with(&issuer.jwks_uri(), &condition).await.status(), 200);
    assert!(
        issuer
            .last_request_headers()
            .unwrap()
            .contains_key("if-none-match")
    );
    assert_eq!(issuer.jwks_fetches(), 3);
}

#[tokio::test]
async fn headers_can_be_changed_at_run_time() {
    let issuer = TestIssuer::builder()
        .cache_control("no-store")
        .start()
        .await
        .unwrap();
    assert_eq!(
        get(&issuer.jwks_uri()).await.header("cache-control"),
        Some("no-store")
    );
    issuer.set_cache_control(None);
    issuer.set_header("Content-Type", "text/plain");
    let response = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (
            response.header("cache-control"),
            response.header("content-type")
        ),
        (None, Some("text/plain"))
    );
}

#[tokio::test]
async fn a_stopped_issuer_refuses_connections_and_serves_the_same_keys_after_a_restart() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::Hang));
    let mut open = send(&issuer.jwks_uri(), "").await.unwrap();
    let (address, _) = split_url(issuer.issuer());
    let mut idle = TcpStream::connect(address).await.unwrap();
    while issuer.jwks_fetches() == 0 {
        tokio::task::yield_now().await;
    }
    issuer.stop().await;
    assert_eq!(
        TcpStream::connect(address).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    for socket in [&mut open, &mut idle] {
        let rest = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut [0; 9]))
            .await
            .unwrap();
        assert!(
            matches!(rest, Ok(0) | Err(_)),
            "the connection is closed with the server"
        );
    }
    issuer.stop().await;
    issuer.set_fault(None);
    issuer.restart().await.unwrap();
    issuer.restart().await.unwrap();
    assert_eq!(get(&issuer.jwks_uri()).await.body, issuer.jwks().as_bytes());
    assert_eq!(issuer.jwks_fetches(), 2);
}

#[tokio::test]
async fn dropping_the_last_handle_stops_the_server() {
    let issuer = TestIssuer::start().await.unwrap();
    let url = issuer.jwks_uri();
    let (address, _) = split_url(&url);
    let clone = issuer.clone();
    let _open = TcpStream::connect(address).await.unwrap();
    drop(issuer);
    assert_eq!(get(&url).await.status(), 200);
    drop(clone);
    tasks_fall_to(0).await;
    assert_eq!(
        TcpStream::connect(address).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
}

#[tokio::test]
async fn only_get_requests_for_known_paths_succeed() {
    use tokio::io::AsyncWriteExt as _;

    let issuer = TestIssuer::start().await.unwrap();
    let (address, _) = split_url(issuer.issuer());
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"POST /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 405 "));
    assert_eq!(
        get(&format!("{}/other", issuer.issuer())).await.status(),
        404
    );
    assert_eq!(issuer.jwks_fetches(), 0);
}
