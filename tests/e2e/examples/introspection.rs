//! The example `introspection`. `tests/e2e/interop/introspection.sh` runs it with a provider.

use crate::harness::{AUDIENCE, run};
use crate::support::tokio;

const ARGUMENTS: [&str; 4] = [
    "https://login.example.com",
    AUDIENCE,
    "orders-api",
    "127.0.0.1:0",
];

/// Asserts that a command line is rejected with this exit code and this text on standard error.
async fn assert_mistake(arguments: &[&str], code: i32, text: &str) {
    let output = run("introspection", arguments).await;
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(message.contains(text), "{arguments:?}: {message}");
}

#[tokio::test]
async fn it_prints_its_usage_without_arguments_and_secret() {
    for arguments in [&[][..], &ARGUMENTS] {
        assert_mistake(
            arguments,
            2,
            "usage: introspection ISSUER AUDIENCE CLIENT_ID ADDRESS",
        )
        .await;
    }
}

#[tokio::test]
async fn options_that_conflict_are_rejected() {
    let with = |options: &[&'static str]| [&ARGUMENTS[..], options].concat();
    let both = with(&["--key", "k", "--identity", "i"]);
    assert_mistake(&both, 2, "--key and --identity").await;
    let alone = with(&["--authority", "a"]);
    assert_mistake(&alone, 2, "--authority: requires --identity").await;
}

#[tokio::test]
async fn a_file_that_can_not_be_read_is_named() {
    let missing = "no-such-directory/no-such-file";
    for option in ["--key", "--identity"] {
        let arguments = [&ARGUMENTS[..], &[option, missing]].concat();
        assert_mistake(&arguments, 1, missing).await;
    }
}
