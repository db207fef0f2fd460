//! The example `doctor`: the fix fits the failure, and nothing is told twice.

use tokio::net::TcpListener;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::doctor::Report;
use crate::harness::{AUDIENCE, run, run_with_input, run_with_variable};
use crate::support::tls::{Authority, Served, Tls, TlsIssuer};
use crate::support::tokio;

async fn examine(issuer: &str) -> Report {
    let args = ["--issuer", issuer, "--audience", AUDIENCE];
    Report::of(&run("doctor", &args).await)
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_reported_with_its_fix() {
    let authority = Authority::new();
    let key = TestKey::generate(Algorithm::ES256);
    let issuer = TlsIssuer::start(&authority, &key, Tls::default()).await;
    let args = ["--issuer", &issuer.name(), "--audience", AUDIENCE];
    let other = Authority::new().certificate();
    let report = run_with_variable("doctor", &args, ("SSL_CERT_FILE", &other)).await;
    let report = Report::of(&report);
    report.fails_with(&[
        "✗ GET https://localhost",
        "certificate",
        "fix: install the certificate authority",
        "SSL_CERT_FILE",
    ]);
    let own = authority.certificate();
    let report = run_with_variable("doctor", &args, ("SSL_CERT_FILE", &own)).await;
    let report = Report::of(&report);
    report.says(&["✓ TLS: the certificate is valid", "no cache headers"]);
    assert_eq!(report.code, Some(0), "{}", report.text);
}

#[tokio::test]
async fn another_fault_of_a_certificate_has_another_fix() {
    let authority = Authority::new();
    let key = TestKey::generate(Algorithm::ES256);
    let own = authority.certificate();
    for (certificate, needs_client_certificate, fix) in [
        (
            Served::OfAnotherName,
            false,
            "use the host name that the certificate is for",
        ),
        (
            Served::Expired,
            false,
            "have the issuer's certificate renewed",
        ),
        (Served::NotYetValid, false, "check this machine's clock"),
        (
            Served::Authority,
            false,
            "have the server use a certificate of its own",
        ),
        (
            Served::Valid,
            true,
            "the issuer asks for a certificate of the client",
        ),
    ] {
        let tls = Tls {
            needs_client_certificate,
            certificate,
            ..Tls::default()
        };
        let issuer = TlsIssuer::start(&authority, &key, tls).await;
        let args = ["--issuer", &issuer.name(), "--audience", AUDIENCE];
        let report = run_with_variable("doctor", &args, ("SSL_CERT_FILE", &own)).await;
        let report = Report::of(&report);
        report.fails_with(&[&format!("fix: {fix}")]);
        assert!(!report.text.contains("install the certificate authority"));
    }
}

#[tokio::test]
async fn a_scheme_that_the_port_does_not_speak_is_named() {
    let plain = TestIssuer::start().await.unwrap();
    let address = plain.issuer().strip_prefix("http://").unwrap();
    examine(&format!("https://{address}")).await.fails_with(&[
        "fix: this port does not speak TLS: use the issuer's https port; if it has none",
        "--allow-http HOST",
    ]);
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let issuer = TlsIssuer::start(&authority, &key, Tls::default()).await;
    let report = examine(&issuer.name().replace("https", "http")).await;
    report.fails_with(&["fix: check the port: the server ends the connection"]);
}

#[tokio::test]
async fn a_proxy_is_named_for_https_only_and_an_error_is_told_once() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    for (scheme, is_named) in [("http", false), ("https", true)] {
        let report = examine(&format!("{scheme}://{address}")).await;
        report.fails_with(&["fix: check the port", "failed as above"]);
        let text = &report.text;
        assert_eq!(text.contains("HTTPS_PROXY"), is_named, "{text}");
        assert_eq!(text.matches("tcp connect error").count(), 1, "{text}");
    }
}

#[tokio::test]
async fn the_url_of_metadata_is_to_be_cut() {
    let issuer = "https://login.example.com/.well-known/openid-configuration";
    examine(issuer).await.fails_with(&[
        "✗ configuration",
        "remove /.well-known/openid-configuration",
        "fix: remove it from --issuer",
    ]);
}

#[tokio::test]
async fn a_token_that_is_not_read_is_mentioned() {
    let issuer = TestIssuer::start().await.unwrap();
    let args = ["--issuer", issuer.issuer(), "--audience", AUDIENCE];
    let note = "- standard input was not read";
    let piped = run_with_input("doctor", &args, issuer.token().sign()).await;
    let piped = Report::of(&piped);
    assert_eq!(piped.text.contains(note), cfg!(unix), "{}", piped.text);
    assert_eq!(piped.code, Some(0));
    let without = examine(issuer.issuer()).await;
    assert!(!without.text.contains(note), "{}", without.text);
}

#[tokio::test]
async fn an_accepted_token_that_may_be_an_id_token_is_mentioned() {
    let issuer = TestIssuer::start().await.unwrap();
    let args = |more: &[&'static str]| {
        let args = [
            "--issuer",
            issuer.issuer(),
            "--audience",
            AUDIENCE,
            "--token-stdin",
        ];
        let args = args.iter().chain(more).map(ToString::to_string);
        args.collect::<Vec<_>>()
    };
    let id_token = || issuer.token().claim("nonce", "n");
    for (token, more, is_mentioned) in [
        (id_token().sign(), &[][..], true),
        (issuer.token().claim("at_hash", "x").sign(), &[], true),
        (id_token().sign(), &["--allow-id-tokens"], false),
        (id_token().scope("read").sign(), &[], false),
        (issuer.token().sign(), &[], false),
    ] {
        let args = args(more);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let report = Report::of(&run_with_input("doctor", &args, token).await);
        let text = &report.text;
        assert_eq!(report.code, Some(0), "{text}");
        assert_eq!(
            text.contains("- this may be an ID token"),
            is_mentioned,
            "{text}"
        );
    }
}
