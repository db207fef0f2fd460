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
async fn an_option_that_is_given_twice_is_rejected() {
    for option in [
        "--listen",
        "--resource",
        "--leeway",
        "--token-type",
        "--dpop",
        "--redis",
        "--redis-prefix",
        "--on-stale",
        "--max-staleness",
    ] {
        let value = match option {
            "--listen" => "127.0.0.1:0",
            "--dpop" => "optional",
            "--on-stale" => "reject",
            _ => "10",
        };
        let twice = [option, value, option, value];
        assert_bad_with_issuer(&[(&twice, &format!("{option}: given twice"))]).await;
    }
}

#[tokio::test]
async fn a_folder_of_secrets_is_for_one_algorithm() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let options = ["--hmac-secret-dir", dir, "--algorithms", "HS256,HS512"];
    let expected = format!(
        "--issuer https://login.example.com --hmac-secret-dir {dir}: its secrets are for one \
         algorithm, and --algorithms has HS256 and HS512: must have one of them"
    );
    assert_bad_with_issuer(&[(&options, &expected)]).await;
}

#[tokio::test]
async fn weak_secrets_are_rejected_and_not_shown() {
    let weak = SecretFile::new(b"Tr0ub4dor&3");
    let valid = SecretFile::new(b"k8Zp2vQx9mTn4rWc7yHd1sLf6gJb3aEu");
    let words = SecretFile::new(b"correct horse battery staple and then a few words more");
    let long = SecretFile::new(b"k8Zp2vQx9mTn4rWc7yHd1sLf6gJb3aEuq8Zr1vXk3TnB6yLw0PdJ5sHc9uFgAeMi");
    let missing = "no-such-directory/no-such-file";
    // What is wrong is in a file, so the list of options does not help.
    for (args, word) in [
        (&["--hmac-secret-file", weak.path()][..], weak.path()),
        (&["--hmac-secret-file", weak.path()], "32 bytes"),
        (&["--hmac-secret-file", words.path()], "consists of words"),
        (
            &["--hmac-secret-file", valid.path(), "--algorithms", "HS512"],
            "HS512",
        ),
        (&["--hmac-secret-file", missing], missing),
        (
            &["--hmac-secret-dir", missing],
            "directory \"no-such-directory/no-such-file\": ",
        ),
    ] {
        let output = run("resource_server", &[&NAMED, args].concat()).await;
        let message = String::from_utf8(output.stderr).unwrap();
        // The last line: before it may be a warning about permissions.
        let message = message.lines().last().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(
            message.contains(word) && !message.contains("--help"),
            "{args:?}: {message}"
        );
        assert!(!message.contains("Tr0ub"), "{message}");
    }
    for (args, expected) in [
        (
            &[
                "--hmac-secret-file",
                long.path(),
                "--algorithms",
                "HS256,HS512",
            ][..],
            "must not have the same secret for HS256 and HS512",
        ),
        (
            &[
                "--hmac-secret-file",
                valid.path(),
                "--issuer",
                "https://b.example",
                "--hmac-secret-file",
                valid.path(),
            ],
            "must not share a secret",
        ),
    ] {
        let output = run("resource_server", &[&NAMED, args].concat()).await;
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(message.contains(expected), "{args:?}: {message}");
    }
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
