//! The command line of the resource server.

use std::process::Output;

use tokio::net::TcpListener;

use crate::harness::run;
use crate::issuers::SecretFile;
use crate::support::tokio;

const NAMED: [&str; 4] = [
    "--issuer",
    "https://login.example.com",
    "--audience",
    "https://api.example",
];

/// Asserts that each command line is rejected with exit code 2 and one line on standard error,
/// which names the word at fault and `--help`.
async fn assert_mistakes(mistakes: &[(&[&str], &str)]) {
    for (args, word) in mistakes {
        let Output {
            status,
            stdout,
            stderr,
        } = run("resource_server", args).await;
        let message = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}: {message}");
        assert!(
            message.contains(word) && message.contains("--help"),
            "{args:?}: {message}"
        );
        assert_eq!(
            (message.lines().count(), stdout.len()),
            (1, 0),
            "{args:?}: {message}"
        );
    }
}

async fn assert_bad_with_issuer(mistakes: &[(&[&str], &str)]) {
    let with_issuer: Vec<_> = mistakes
        .iter()
        .map(|(more, word)| ([&NAMED, *more].concat(), *word))
        .collect();
    let mistakes: Vec<_> = with_issuer
        .iter()
        .map(|(args, word)| (&args[..], *word))
        .collect();
    assert_mistakes(&mistakes).await;
}

#[tokio::test]
async fn help_names_every_option() {
    let Output {
        status,
        stdout,
        stderr,
    } = run("resource_server", &["--help"]).await;
    assert!(status.success() && stderr.is_empty());
    let help = String::from_utf8(stdout).unwrap();
    for option in [
        "--listen",
        "--config",
        "--issuer",
        "--jwks-uri",
        "--audience",
        "--algorithms",
        "--leeway",
        "--token-type",
        "--hmac-secret-file",
        "--dpop",
        "--dpop-nonces",
        "--redis",
        "--redis-prefix",
        "--redis-sentinel",
        "--redis-plain-tcp",
        "--on-stale",
        "--max-staleness",
        "--logout-client",
        "--public-origin",
        "--help",
    ] {
        assert!(
            help.contains(&format!("  {option} ")),
            "{option} in: {help}"
        );
    }
}

#[tokio::test]
async fn unknown_options_and_words_are_rejected() {
    assert_mistakes(&[
        (&["--no-such-option"], "--no-such-option"),
        (&["--no-such-option=1"], "--no-such-option"),
        (&["-x"], "-x"),
        (&["stray"], "stray"),
        (&["two\nlines"], "two"),
    ])
    .await;
}

#[tokio::test]
async fn an_option_without_its_value_is_rejected() {
    for option in [
        "--issuer",
        "--jwks-uri",
        "--audience",
        "--algorithms",
        "--leeway",
        "--token-type",
        "--listen",
        "--dpop",
        "--public-origin",
        "--redis",
        "--redis-prefix",
        "--redis-sentinel",
        "--on-stale",
        "--max-staleness",
        "--logout-client",
    ] {
        assert_mistakes(&[(&[option], option), (&[option, "--help"], option)]).await;
    }
    assert_mistakes(&[(&["--hmac-secret-file"], "--hmac-secret-file")]).await;
}

#[tokio::test]
async fn invalid_values_are_rejected() {
    assert_bad_with_issuer(&[
        (&["--listen", "nowhere"], "nowhere"),
        (&["--listen", "127.0.0.1:65536"], "65536"),
        (&["--leeway", "soon"], "soon"),
        (&["--leeway", "-1"], "-1"),
        (&["--leeway", "3601"], "3601"),
        (&["--algorithms", "XY999"], "XY999"),
        (&["--algorithms", "ES256,none"], "none"),
        (&["--algorithms", "es256"], "es256"),
        (&["--token-type", ""], "--token-type"),
        (&["--audience", ""], "audience"),
        (&["--dpop", "maybe"], "maybe"),
        (&["--dpop", "Required"], "Required"),
        (&["--dpop", ""], "--dpop"),
        (&["--redis", "nonsense"], "--redis"),
        (&["--redis", "redis://redis.example"], "redis.example"),
        (
            &["--redis", "redis://127.0.0.1", "--redis-prefix", ""],
            "--redis",
        ),
        (&["--on-stale", "ignore"], "ignore"),
        (&["--max-staleness", "4"], "4"),
        (&["--max-staleness", "3601"], "3601"),
    ])
    .await;
}

#[tokio::test]
async fn invalid_and_insecure_issuers_are_rejected() {
    assert_mistakes(&[
        (&["--issuer", "nonsense", "--audience", "a"], "nonsense"),
        (&["--issuer", "", "--audience", "a"], "issuer"),
        (
            &["--issuer", "http://login.example.com", "--audience", "a"],
            "http://login.example.com",
        ),
    ])
    .await;
    assert_bad_with_issuer(&[
        (
            &["--jwks-uri", "http://login.example.com/jwks"],
            "http://login.example.com/jwks",
        ),
        (
            &["--issuer", "https://login.example.com"],
            "https://login.example.com",
        ),
    ])
    .await;
}

#[tokio::test]
async fn invalid_and_insecure_public_origins_are_rejected() {
    for origin in [
        "api.example",
        "http://api.example",
        "https://api.example/?x",
        "",
    ] {
        assert_bad_with_issuer(&[(
            &["--dpop", "required", "--public-origin", origin],
            &format!("--public-origin {origin}:"),
        )])
        .await;
    }
}

#[tokio::test]
async fn options_that_need_another_one_are_rejected_without_it() {
    assert_mistakes(&[
        (&["--issuer", "https://login.example.com"], "--audience"),
        (&["--audience", "https://api.example"], "--issuer"),
        (&["--algorithms", "ES256"], "--issuer"),
        (&["--leeway", "10"], "--issuer"),
        (&["--token-type", "at+jwt"], "--issuer"),
        (
            &["--dpop", "optional", "--dpop-nonces"],
            "--dpop-nonces: requires --issuer",
        ),
        (&["--dpop-nonces"], "--dpop-nonces: requires --dpop"),
        (
            &["--redis", "redis://127.0.0.1"],
            "--redis: requires --issuer",
        ),
        (
            &["--logout-client", "a"],
            "--logout-client: requires --redis",
        ),
        (
            &["--redis-plain-tcp"],
            "--redis-plain-tcp: requires --redis",
        ),
        (
            &["--public-origin", "https://api.example"],
            "--public-origin https://api.example: requires --dpop",
        ),
        (
            &["--jwks-uri", "https://login.example.com/jwks"],
            "--jwks-uri",
        ),
        (
            &["--hmac-secret-file", SecretFile::new(b"a").path()],
            "--hmac-secret-file",
        ),
    ])
    .await;
    assert_bad_with_issuer(&[
        (&["--algorithms", "HS256"], "HS256"),
        (
            &[
                "--jwks-uri",
                "https://a.example",
                "--jwks-uri",
                "https://b.example",
            ],
            "https://a.example",
        ),
    ])
    .await;
}

#[tokio::test]
async fn weak_secrets_are_rejected_and_not_shown() {
    let weak = SecretFile::new(b"Tr0ub4dor&3");
    let valid = SecretFile::new(b"correct horse battery staple 0123456789");
    let long =
        SecretFile::new(b"correct horse battery staple 0123456789, and then a few words more");
    let missing = "no-such-directory/no-such-file";
    assert_bad_with_issuer(&[
        (&["--hmac-secret-file", weak.path()], weak.path()),
        (&["--hmac-secret-file", weak.path()], "32 bytes"),
        (
            &["--hmac-secret-file", valid.path(), "--algorithms", "HS512"],
            "HS512",
        ),
        (
            &[
                "--hmac-secret-file",
                long.path(),
                "--algorithms",
                "HS256,HS512",
            ],
            "must not have the same secret for HS256 and HS512",
        ),
        (&["--hmac-secret-file", missing], missing),
        (&["--hmac-secret-dir", missing], missing),
        (
            &[
                "--hmac-secret-file",
                valid.path(),
                "--issuer",
                "https://b.example",
                "--hmac-secret-file",
                valid.path(),
            ],
            "secret",
        ),
    ])
    .await;
    let shown = run(
        "resource_server",
        &[&NAMED[..], &["--hmac-secret-file", weak.path()]].concat(),
    )
    .await
    .stderr;
    assert!(!String::from_utf8(shown).unwrap().contains("Tr0ub"));
}

#[tokio::test]
async fn it_ends_if_the_given_address_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let Output { status, stderr, .. } = run("resource_server", &["--listen", &address]).await;
    let message = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{message}");
    assert!(message.contains(&address), "{message}");
}
