//! The example `mtls`.

use std::process::Output;

use crate::harness::run;
use crate::support::tokio;

/// Asserts that a command line is rejected with this exit code and this text on standard error.
async fn assert_mistake(args: &[&str], code: i32, text: &str) {
    let Output { status, stderr, .. } = run("mtls", args).await;
    let message = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{args:?}: {message}");
    assert!(message.contains(text), "{args:?}: {message}");
}

#[tokio::test]
async fn a_token_is_accepted_by_each_server_with_the_certificate_of_its_owner_alone() {
    let output = run("mtls", &[]).await;
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    for (server, lines) in ["axum-server", "hyper"].iter().zip(lines.chunks(3)) {
        let alice = format!("{server}, certificate of alice: 200 OK, hello alice");
        assert_eq!(lines[0], alice);
        let mallory = format!("{server}, certificate of mallory: 401 Unauthorized, Bearer error=");
        assert!(lines[1].starts_with(&mallory), "{}", lines[1]);
        let none = format!("{server}, no certificate: 401 Unauthorized, Bearer error=");
        assert!(lines[2].starts_with(&none), "{}", lines[2]);
    }
    assert_eq!(lines[6], "tonic, certificate of alice: Serving");
    let mallory = "tonic, certificate of mallory: Unauthenticated, ";
    assert!(lines[7].starts_with(mallory), "{}", lines[7]);
    assert!(
        lines[8].starts_with("tonic, no certificate: Unauthenticated, "),
        "{}",
        lines[8]
    );
    assert_eq!(lines.len(), 9);
}

#[tokio::test]
async fn unknown_and_missing_options_are_rejected() {
    assert_mistake(&["--no-such-option"], 2, "--no-such-option").await;
    assert_mistake(&["stray"], 2, "stray").await;
    assert_mistake(&["--issuer"], 2, "--issuer").await;
    let issuer = ["--issuer", "https://login.example.com"];
    assert_mistake(&issuer, 2, "--audience is missing").await;
    let without_key = [&issuer[..], &["--audience", "a", "--authority", "a"]].concat();
    let without_key = [&without_key[..], &["--certificate", "c"]].concat();
    assert_mistake(&without_key, 2, "--key is missing").await;
}

#[tokio::test]
async fn a_file_that_can_not_be_read_is_named() {
    let missing = "no-such-directory/no-such-file";
    let options = ["--authority", missing, "--certificate", "c", "--key", "k"];
    let named = ["--issuer", "https://login.example.com", "--audience", "a"];
    assert_mistake(&[&named[..], &options].concat(), 1, missing).await;
}
