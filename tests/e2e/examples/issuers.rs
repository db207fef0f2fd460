//! The issuers that the resource server trusts, and the sources of their keys.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::harness::{AUDIENCE, Server, in_time};
use crate::support::tokio;

const PARTNER: &str = "https://partner.example";

/// A temporary file, deleted when it is dropped.
pub(crate) struct SecretFile(PathBuf);

impl SecretFile {
    pub(crate) fn new(content: &[u8]) -> Self {
        // `Relaxed` suffices: only the uniqueness of the numbers matters.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "secret-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        Path::to_str(&self.0).unwrap()
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

async fn sharing_secret(file: &SecretFile, more: &[&str]) -> Server {
    let args = [
        "--issuer",
        PARTNER,
        "--hmac-secret-file",
        file.path(),
        "--audience",
        AUDIENCE,
    ];
    Server::resource_server(&[&args, more].concat()).await
}

fn partners(algorithm: Algorithm, secret: &[u8]) -> String {
    TestKey::from_secret(algorithm, secret)
        .token()
        .issuer(PARTNER)
        .sign()
}

#[tokio::test]
async fn every_named_issuer_is_trusted_and_no_other() {
    let (one, two, other) = tokio::join!(
        TestIssuer::start(),
        TestIssuer::start(),
        TestIssuer::start()
    );
    let (one, two, other) = (one.unwrap(), two.unwrap(), other.unwrap());
    let server = Server::trusting(&one, &["--issuer", two.issuer()]).await;
    server.whoami(&one.token().sign()).await.assert_accepted();
    server.whoami(&two.token().sign()).await.assert_accepted();
    server.whoami(&other.token().sign()).await.assert_rejected();
    // Signed by the first issuer, with the name of the second.
    server
        .whoami(&one.token().issuer(two.issuer()).sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn a_jwks_uri_belongs_to_the_issuer_before_it() {
    let (one, two) = (
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    );
    let server = Server::trusting(
        &one,
        &["--issuer", two.issuer(), "--jwks-uri", &two.jwks_uri()],
    )
    .await;
    server.whoami(&one.token().sign()).await.assert_accepted();
    server.whoami(&two.token().sign()).await.assert_accepted();
    assert!(one.metadata_fetches() > 0);
    assert_eq!(two.metadata_fetches(), 0);
}

#[tokio::test]
async fn new_keys_are_fetched_without_a_restart() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
    issuer.rotate(tower_jwt_auth::testing::Rotation::Hard);
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
}

#[tokio::test]
async fn a_secret_from_a_text_file_does_not_include_one_trailing_newline() {
    let secret = b"k8Zp2vQx9mTn4rWc7yHd1sLf6gJb3aEu";
    for ending in [&b""[..], b"\n"] {
        let server = sharing_secret(&SecretFile::new(&[&secret[..], ending].concat()), &[]).await;
        server
            .whoami(&partners(Algorithm::HS256, secret))
            .await
            .assert_accepted();
    }
}

#[tokio::test]
async fn a_binary_secret_keeps_its_last_byte() {
    let secret: Vec<u8> = (0x80..0x9f).chain([b'\n']).collect();
    let server = sharing_secret(&SecretFile::new(&secret), &[]).await;
    server
        .whoami(&partners(Algorithm::HS256, &secret))
        .await
        .assert_accepted();
}

#[tokio::test]
async fn a_secret_is_for_hs256_unless_another_hmac_algorithm_is_named() {
    let secret: Vec<u8> = (1..=64).collect();
    let file = SecretFile::new(&secret);
    let server = sharing_secret(&file, &[]).await;
    server
        .whoami(&partners(Algorithm::HS256, &secret))
        .await
        .assert_accepted();
    server
        .whoami(&partners(Algorithm::HS512, &secret))
        .await
        .assert_rejected();

    let server = sharing_secret(&file, &["--algorithms", "HS512"]).await;
    server
        .whoami(&partners(Algorithm::HS512, &secret))
        .await
        .assert_accepted();
    server
        .whoami(&partners(Algorithm::HS256, &secret))
        .await
        .assert_rejected();
}

#[tokio::test]
async fn an_issuer_with_a_secret_can_be_trusted_beside_one_with_public_keys() {
    let secret: Vec<u8> = (1..=64).collect();
    let file = SecretFile::new(&secret);
    let issuer = TestIssuer::start().await.unwrap();
    let more = [
        "--issuer",
        PARTNER,
        "--hmac-secret-file",
        file.path(),
        "--algorithms",
        "ES256,HS512",
    ];
    let server = Server::trusting(&issuer, &more).await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
    server
        .whoami(&partners(Algorithm::HS512, &secret))
        .await
        .assert_accepted();
    // Signed with the partner's secret, with the name of the other issuer.
    let forged = TestKey::from_secret(Algorithm::HS512, &secret)
        .token()
        .issuer(issuer.issuer())
        .sign();
    server.whoami(&forged).await.assert_rejected();
}

#[tokio::test]
async fn it_starts_without_the_issuer_and_accepts_tokens_once_it_is_back() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.stop().await;
    let server = Server::trusting(&issuer, &[]).await;
    server.get("/public").await.assert_accepted();
    server.logged("no keys yet").await;

    let health = server.get("/healthz").await;
    assert_eq!(
        (health.status, health.json()["status"].as_str()),
        (StatusCode::OK, Some("not_ready"))
    );
    let answer = server.whoami(&issuer.token().sign()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    let retry_after: u64 = answer.headers[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(retry_after > 0, "{answer:?}");

    issuer.restart().await.unwrap();
    // The health check alone makes the server fetch again.
    in_time(async {
        while server.get("/healthz").await.json()["status"] != "ready" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
}
