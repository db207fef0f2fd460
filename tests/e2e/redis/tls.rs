//! TLS: the certificate is verified, and the name in it.

use std::process::Command;

use http::StatusCode;
use rcgen::{CertificateParams, KeyPair};
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore};

use crate::api::Api;
use crate::server::Server;

const TLS_FAILED: &str = "the TLS handshake with Redis failed";

/// Has the test of this name run in a process of its own, where this file has the certificate
/// authorities.
fn run_with(certificate: &std::path::Path, test: &str, port: u16) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
        .env("SSL_CERT_FILE", certificate)
        .env("TEST_REDIS_PORT", port.to_string());
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let shown = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{shown}"
    );
}

fn install_provider() {
    // Another test may have done it.
    let _ = ::rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn url(host: &str) -> String {
    format!(
        "rediss://{host}:{}",
        std::env::var("TEST_REDIS_PORT").unwrap()
    )
}

#[test]
fn the_certificate_of_redis_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params().self_signed(&key).unwrap();
    let (of_key, of_certificate) = (
        folder.path().join("key.pem"),
        folder.path().join("cert.pem"),
    );
    std::fs::write(&of_key, key.serialize_pem()).unwrap();
    std::fs::write(&of_certificate, certificate.pem()).unwrap();
    let port = crate::server::free_port();
    let options = [
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        of_certificate.to_str().unwrap(),
        "--tls-key-file",
        of_key.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
    ];
    let Some(redis) = Server::start_with(&options) else {
        return;
    };
    run_with(
        &of_certificate,
        "tls::child::a_trusted_certificate_is_accepted",
        port,
    );
    assert_eq!(redis.command::<u64>("DBSIZE"), 1);
    run_with(
        &of_certificate,
        "tls::child::another_name_is_rejected",
        port,
    );
    let other = KeyPair::generate().unwrap();
    let other = params().self_signed(&other).unwrap();
    let path = folder.path().join("other.pem");
    std::fs::write(&path, other.pem()).unwrap();
    run_with(
        &path,
        "tls::child::an_unknown_certificate_is_rejected",
        port,
    );
    assert_eq!(redis.command::<u64>("DBSIZE"), 1);
}

fn params() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

/// These run in the processes of [`run_with`] only.
mod child {
    use super::*;
    use crate::support::tokio;

    #[tokio::test]
    #[ignore = "run by another test"]
    async fn a_trusted_certificate_is_accepted() {
        install_provider();
        let api = Api::new(&url("localhost"));
        // The files of the certificate authorities are read first.
        api.wait_for(StatusCode::OK).await;
    }

    #[tokio::test]
    #[ignore = "run by another test"]
    async fn another_name_is_rejected() {
        assert_handshake_fails("127.0.0.1").await;
    }

    #[tokio::test]
    #[ignore = "run by another test"]
    async fn an_unknown_certificate_is_rejected() {
        assert_handshake_fails("localhost").await;
    }

    async fn assert_handshake_fails(host: &str) {
        install_provider();
        let api = Api::new(&url(host));
        api.assert_outage().await;
        assert_eq!(api.store.health().last_failure, Some(TLS_FAILED));
    }

    #[tokio::test]
    #[ignore = "run by another test"]
    async fn without_a_provider_it_is_an_error() {
        let store = RedisReplayStore::builder(url("localhost"), "test", OnRedisOutage::Reject);
        let error = store.build().unwrap_err().to_string();
        assert!(
            error.contains("install one when the program starts"),
            "{error}"
        );
    }
}

#[test]
fn a_program_without_a_provider_of_cryptography_gets_an_error() {
    run_with(
        std::path::Path::new("/none"),
        "tls::child::without_a_provider_it_is_an_error",
        1,
    );
}
