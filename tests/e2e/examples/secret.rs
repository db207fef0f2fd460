//! `examples/secret` writes a secret once, and does not show it.

use std::fs;
use std::process::Stdio;

use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer, Key, Secret, SecretEncoding};

use crate::harness::{AUDIENCE, Server, example, in_time, run};

const ISSUER: &str = "https://signers.example";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_secret_is_written_to_a_file_of_its_owner_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (algorithm, len) in [(Algorithm::HS256, 32), (Algorithm::HS512, 64)] {
        let path = folder.path().join(algorithm.name());
        let path = path.to_str().unwrap();
        let output = run("secret", &["--algorithm", algorithm.name(), "--out", path]).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), format!("written to {path}\n"));
        let secret = Secret::from_encoded_file(path, SecretEncoding::Base64url).unwrap();
        assert_eq!(secret.as_ref().len(), len);
        for secret in [secret, Secret::from_file(path).unwrap()] {
            assert!(Key::from_secret(algorithm, secret).is_ok());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        }
    }
    // No temporary file stays.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn an_existing_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "kept").unwrap();
    let output = run("secret", &["--out", path.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(!message.contains("--help"), "{message}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_secret_is_printed_only_if_that_is_asked_for() {
    let output = run("secret", &["--algorithm", "HS384", "--print"]).await;
    let printed = text(&output.stdout);
    let secret = Secret::decode(printed.trim_end(), SecretEncoding::Base64url).unwrap();
    assert_eq!(secret.as_ref().len(), 48);
    for args in [
        &[][..],
        &["--out"],
        &["--out", "/no/such/a", "--out", "/no/such/b"],
        &["--print", "--algorithm", "HS256", "--algorithm", "HS512"],
    ] {
        let output = run("secret", args).await;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(text(&output.stderr).ends_with("(see --help)\n"));
    }
    let output = run("secret", &["--algorithm", "ES256", "--print"]).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_secret_that_cannot_be_printed_is_an_error() {
    for args in [&["--print"][..], &["--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = example("secret");
        // Not `output`, which replaces the standard output.
        let child = command
            .args(args)
            .stdout(full.unwrap())
            .stderr(Stdio::piped())
            .spawn();
        let output = in_time(child.unwrap().wait_with_output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert!(message.starts_with("secret: can't print: "), "{message}");
    }
}

/// Returns the options that sign a token with the secret in a file.
fn signing<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let options = ["--sign", path, "--issuer", ISSUER, "--audience", AUDIENCE];
    [&options, more].concat()
}

#[tokio::test]
async fn a_signed_token_is_accepted_by_a_server_with_the_same_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let path = format!("{dir}/2026-11-29");
    assert!(run("secret", &["--out", &path]).await.status.success());
    let output = run("secret", &signing(&path, &["--subject", "alice"])).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let token = printed.strip_suffix('\n').unwrap();
    let options = [
        "--issuer",
        ISSUER,
        "--hmac-secret-dir",
        dir,
        "--audience",
        AUDIENCE,
    ];
    let server = Server::resource_server(&options).await;
    let answer = server.whoami(token).await;
    answer.assert_accepted();
    let claims = answer.json();
    assert_eq!(claims["sub"], "alice");
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 300);
    // The service reads the text itself as the secret.
    let decoded = run("secret", &signing(&path, &["--encoding", "base64url"])).await;
    let rejected = server.whoami(text(&decoded.stdout).trim_end()).await;
    rejected.assert_rejected();
}

#[tokio::test]
async fn a_token_has_the_name_of_its_secret_and_is_signed_for_each_algorithm() {
    let folder = tempfile::tempdir().unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let name = algorithm.name();
        let path = folder.path().join(name);
        let path = path.to_str().unwrap();
        let made = run("secret", &["--algorithm", name, "--out", path]).await;
        assert!(made.status.success());
        let more = ["--algorithm", name, "--encoding", "base64url"];
        let output = run("secret", &signing(path, &more)).await;
        let printed = text(&output.stdout);
        let secret = Secret::from_encoded_file(path, SecretEncoding::Base64url).unwrap();
        let key = Key::from_secret(algorithm, secret)
            .unwrap()
            .with_key_id(name);
        let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key, AUDIENCE)).build();
        let claims = auth
            .unwrap()
            .authenticator()
            .authenticate(printed.trim_end())
            .await;
        assert_eq!(claims.unwrap().issuer(), ISSUER);
    }
}

#[tokio::test]
async fn a_token_needs_an_issuer_and_an_audience_and_a_secret_that_services_accept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weak");
    fs::write(&path, "changeme").unwrap();
    let path = path.to_str().unwrap();
    for args in [
        &["--sign", path, "--issuer", ISSUER][..],
        &["--sign", path, "--audience", AUDIENCE],
        &["--print", "--issuer", ISSUER],
        &signing(path, &["--print"]),
        &signing(path, &["--encoding", "rot13"]),
    ] {
        let output = run("secret", args).await;
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(2), 0),
            "{args:?}"
        );
    }
    let output = run("secret", &signing(path, &[])).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let message = text(&output.stderr);
    assert!(!message.contains("changeme"), "{message}");
}
