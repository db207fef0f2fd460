//! `resource_server --config`: the layer from a TOML file.

use std::fs;

use tempfile::TempDir;
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::{Server, run};
use crate::support::AUDIENCE;
use crate::support::tokio;

fn file(content: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.toml");
    fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn table(issuer: &TestIssuer) -> String {
    format!(
        "[[issuers]]\nissuer = \"{}\"\naudience = \"{AUDIENCE}\"\n",
        issuer.issuer()
    )
}

#[tokio::test]
async fn the_server_accepts_and_rejects_as_the_file_says() {
    let issuer = TestIssuer::start().await.unwrap();
    let content = format!("require_scopes = [\"orders:read\"]\n{}", table(&issuer));
    let (_folder, path) = file(&content);
    let server = Server::resource_server(&["--config", &path]).await;
    let token = issuer.token().audience(AUDIENCE);
    let accepted = server
        .whoami(&token.clone().scope("orders:read").sign())
        .await;
    accepted.assert_accepted();
    let rejected = server.whoami(&token.sign()).await;
    assert_eq!(rejected.status, 403);
}

/// Asserts that the program ends with exit code 2 and one line, and returns it.
async fn error(args: &[&str]) -> String {
    let output = run("resource_server", args).await;
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

#[tokio::test]
async fn an_error_names_the_file_and_the_line_or_the_setting() {
    let issuer = "[[issuers]]\nissuer = \"https://login.example.com\"\naudience = \"a\"\n";
    for (content, expected) in [
        (
            format!("leeway = 60\n{issuer}"),
            "leeway: invalid type: integer",
        ),
        (
            format!("{issuer}telltale = 1\n"),
            "issuers[0]: unknown field `telltale`",
        ),
        (
            format!("{issuer}jwks_file = \"/nowhere\"\n"),
            "issuers[0].jwks_file: ",
        ),
        (String::new(), "issuers: is empty"),
        ("issuers = ".to_owned(), "line 1: "),
    ] {
        let (_folder, path) = file(&content);
        let message = error(&["--config", &path]).await;
        let start = format!("resource_server: --config {path}: {expected}");
        assert!(message.starts_with(&start), "{message}\n{start}");
    }
    let message = error(&["--config", "/nowhere/auth.toml"]).await;
    assert!(
        message.contains("--config /nowhere/auth.toml: No such file"),
        "{message}"
    );
}

#[tokio::test]
async fn a_secret_in_the_file_is_not_shown() {
    let issuer = "[[issuers]]\nissuer = \"https://login.example.com\"\naudience = \"a\"\n";
    for content in [
        format!("{issuer}secret = \"telltale\"\n"),
        format!("{issuer}sekret = \"telltale\"\n"),
        format!("{issuer}secrets = \"telltale\"\n"),
        format!("{issuer}jwks_cache = \"telltale\"\n"),
    ] {
        let (_folder, path) = file(&content);
        let message = error(&["--config", &path]).await;
        assert!(!message.contains("telltale"), "{message}");
    }
}

#[tokio::test]
async fn options_that_are_settings_in_the_file_are_rejected() {
    let (_folder, path) = file("");
    for option in [
        ["--issuer", "https://login.example.com"],
        ["--audience", "a"],
        ["--resource", "https://api.example.com"],
        ["--algorithms", "ES256"],
        ["--leeway", "1"],
        ["--token-type", "JOSE"],
        ["--dpop", "optional"],
    ] {
        let message = error(&["--config", &path, option[0], option[1]]).await;
        let expected = format!("{}: excludes --config", option[0]);
        assert!(message.contains(&expected), "{message}");
    }
}
