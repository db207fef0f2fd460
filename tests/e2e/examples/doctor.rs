//! The example `doctor` as a process: what it says about an issuer and a token, its exit code, and
//! what it does not print.

use std::process::Output;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey, TokenBuilder};

use crate::harness::{AUDIENCE, run, run_with_input};
use crate::support::tokio;

/// Runs the doctor, without a token.
async fn examine(issuer: &TestIssuer, more: &[&str]) -> Report {
    let args = ["--issuer", issuer.issuer(), "--audience", AUDIENCE];
    Report::of(&run("doctor", &[&args, more].concat()).await)
}

/// Runs the doctor with a token on standard input. None of its three encoded parts may be printed.
async fn diagnose(issuer: &TestIssuer, token: &str) -> Report {
    let args = [
        "--issuer",
        issuer.issuer(),
        "--audience",
        AUDIENCE,
        "--token-stdin",
    ];
    let report = Report::of(&run_with_input("doctor", &args, token).await);
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(
            !report.text.contains(part) && !report.progress.contains(part),
            "{}",
            report.text
        );
    }
    report
}

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
    progress: String,
}

impl Report {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            text: String::from_utf8(output.stdout.clone()).unwrap(),
            progress: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Asserts that it is a failure with these lines, and others.
    #[track_caller]
    pub(crate) fn fails_with(&self, lines: &[&str]) {
        assert_eq!(self.code, Some(1), "{}", self.text);
        self.says(lines);
    }

    #[track_caller]
    pub(crate) fn says(&self, lines: &[&str]) {
        for line in lines {
            assert!(self.text.contains(line), "{line:?} is not in {}", self.text);
        }
        assert!(!self.text.contains('\u{1b}'), "colours without a terminal");
    }
}

#[tokio::test]
async fn an_issuer_and_a_token_without_faults_pass_every_check() {
    let issuer = TestIssuer::start().await.unwrap();
    let report = diagnose(&issuer, &issuer.token().sign()).await;
    let metadata = format!(
        "✓ metadata: found at {}/.well-known/openid-configuration",
        issuer.issuer()
    );
    let keys = format!("✓ keys: fetched from {}", issuer.jwks_uri());
    report.says(&[
        &metadata,
        &keys,
        "- TLS: none",
        "usable for ES256",
        "✓ caching: cache-control:",
        "✓ signature",
        "✓ audience: found `aud` \"https://api.example\"",
        "- access token (RFC 9068): not required",
        "✓ the token passes every check",
        "0 failed",
    ]);
    assert!(!report.text.contains("not run"), "{}", report.text);
    assert_eq!(report.code, Some(0), "{}", report.text);
    assert!(
        report.progress.contains("fetching http://127.0.0.1"),
        "{}",
        report.progress
    );
    assert_eq!(examine(&issuer, &[]).await.code, Some(0));
}

#[tokio::test]
async fn every_metadata_url_that_was_tried_is_reported() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_openid_discovery(false);
    let report = examine(&issuer, &[]).await;
    let found = format!(
        "✓ metadata: found at {}/.well-known/oauth-authorization-server",
        issuer.issuer()
    );
    report.says(&["openid-configuration: 404", &found]);
    assert_eq!(report.code, Some(0));

    let redirect = Fault::Redirect("https://elsewhere.example/".to_owned());
    for (fault, told, fix) in [
        (Fault::Html, "not a JSON object", "compare --issuer"),
        (redirect, "302", "compare --issuer"),
        (Fault::Status(401), "401", "the issuer asks for credentials"),
        (Fault::Status(500), "500", "the issuer fails"),
        (Fault::Status(501), "501", "the issuer fails"),
        (
            Fault::Close,
            "GET http://127.0.0.1",
            "check the port: the server ends",
        ),
    ] {
        issuer.set_metadata_fault(Some(fault));
        let report = examine(&issuer, &[]).await;
        report.fails_with(&[told, &format!("fix: {fix}")]);
    }
}

#[tokio::test]
async fn metadata_of_another_name_says_both_names() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_metadata_member("issuer", format!("{}/", issuer.issuer()));
    let other = format!("{:?}", format!("{}/", issuer.issuer()));
    let configured = format!("{:?}", issuer.issuer());
    let fix = "fix: configure the issuer as its metadata names it";
    examine(&issuer, &[])
        .await
        .fails_with(&[&other, &configured, fix]);
}

#[tokio::test]
async fn each_key_that_is_not_used_is_named_with_the_reason() {
    let issuer = TestIssuer::start().await.unwrap();
    let mut encryption = TestKey::generate(Algorithm::RS256)
        .with_key_id("encryption")
        .jwk();
    encryption["alg"] = json!("RSA-OAEP");
    let mut jwks: Value = serde_json::from_str(&issuer.jwks()).unwrap();
    jwks["keys"]
        .as_array_mut()
        .unwrap()
        .push(encryption.clone());
    issuer.set_jwks(jwks.to_string());
    let skipped = "- skipped: key \"encryption\"";
    let report = examine(&issuer, &[]).await;
    report.says(&[skipped, "RSA-OAEP"]);
    assert_eq!(report.code, Some(0), "the others are used");

    issuer.set_jwks(json!({ "keys": [encryption] }).to_string());
    examine(&issuer, &[]).await.fails_with(&[
        skipped,
        "✗ keys: ",
        "fix: have the issuer publish a usable key",
    ]);
}

#[tokio::test]
async fn each_fault_of_a_token_comes_with_its_fix() {
    let issuer = TestIssuer::start().await.unwrap();
    let token = || issuer.token();
    let soon = SystemTime::now() + Duration::from_secs(100);
    let cases: [(TokenBuilder, &[&str]); 9] = [
        (
            token().issuer(format!("{}/", issuer.issuer())),
            &["✗ issuer", "hint: issuer differs by a trailing slash"],
        ),
        (
            token().audience("account"),
            &[
                "✗ audience: found `aud` \"account\"",
                "audience mapper to the client in Keycloak",
            ],
        ),
        (
            token().audience("00000003-0000-0000-c000-000000000000"),
            &["✗ audience", "for Microsoft Graph"],
        ),
        (
            token().issued_at(soon),
            &["✗ valid from: found `iat`", "behind the issuer's"],
        ),
        (token().expired(), &["✗ expiry: found `exp`", "✓ signature"]),
        (
            token().header("typ", "logout+jwt"),
            &["✗ type", "✓ audience"],
        ),
        (
            token().claim("token_use", "id"),
            &["✗ purpose", "send the access token"],
        ),
        (
            token().key(&TestKey::generate(Algorithm::ES256).with_key_id("x")),
            &["✗ key: found `kid` \"x\""],
        ),
        (
            token().key(&TestKey::generate(Algorithm::HS256)),
            &[
                "✗ algorithm: found \"HS256\"",
                "HS256 needs the shared secret",
            ],
        ),
    ];
    for (token, lines) in cases {
        let report = diagnose(&issuer, &token.sign()).await;
        report.fails_with(lines);
        report.says(&["✗ a request with this token is rejected: "]);
    }
    diagnose(&issuer, "opaque-token")
        .await
        .fails_with(&["✗ form", "this token is opaque"]);
    diagnose(&issuer, "")
        .await
        .fails_with(&["standard input has no token"]);
}

#[tokio::test]
async fn a_token_among_the_arguments_is_not_printed() {
    for args in [
        &["telltale.telltale.telltale"][..],
        &["--token-stdin=telltale"],
        &["--telltale"],
        &["--issuer", "http://127.0.0.1:1", "--audience"],
        &[],
    ] {
        let report = Report::of(&run("doctor", args).await);
        assert_eq!(report.code, Some(1), "{args:?}");
        assert!(report.progress.contains("usage: doctor"), "{report:?}");
        let is_option = args.first().is_some_and(|arg| *arg == "--telltale");
        assert_eq!(
            format!("{report:?}").contains("telltale"),
            is_option,
            "{report:?}"
        );
    }
    let help = Report::of(&run("doctor", &["--help"]).await);
    assert_eq!(help.code, Some(0));
}

#[tokio::test]
async fn a_configuration_that_is_rejected_says_why() {
    let args = [
        "--issuer",
        "http://login.example.com",
        "--audience",
        AUDIENCE,
    ];
    let report = Report::of(&run("doctor", &args).await);
    report.fails_with(&[
        "✗ configuration",
        "must be https",
        "fix: use https; in a network of your own",
    ]);
    let closed = ["--issuer", "http://127.0.0.1:1", "--audience", AUDIENCE];
    let report = Report::of(&run("doctor", &closed).await);
    report.fails_with(&[
        "✗ GET http://127.0.0.1:1/.well-known",
        "fix: check the port",
    ]);
}
