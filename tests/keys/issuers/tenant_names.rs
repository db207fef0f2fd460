//! What may stand for the placeholder in `iss`: names that would change the URL are rejected before
//! the rule is asked, and nothing is fetched for them.

use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, Tenants};

use crate::issuers::site::{AUDIENCE, Site, authenticator, rejection, token};
use crate::support::tokio;

/// Returns an authenticator whose predicate allows every tenant, and the names that it was asked
/// for.
fn everybody(site: &Site, pattern: &str) -> (Authenticator, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let record = Arc::clone(&asked);
    let tenants = Tenants::allowed_by(move |tenant| {
        record.lock().unwrap().push(tenant.to_owned());
        true
    });
    let issuer = Issuer::discovery(pattern, AUDIENCE)
        .tenants(tenants)
        .http_client(site.client());
    (authenticator(issuer), asked)
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_one_path_segment_is_no_tenant() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let (authenticator, asked) = everybody(&site, "https://login.example/{tenant}/v2.0");
    let long = "x".repeat(129);
    let names = [
        "",
        ".",
        "..",
        "../evil",
        "a/b",
        "a/../b",
        "/",
        "//evil.example",
        "%2e%2e",
        "%2f",
        "a%00",
        "a\0b",
        "a b",
        " a",
        "a?x=",
        "a#",
        "a@evil.example",
        "a:1",
        "a\\b",
        "a\r\nb",
        "{tenant}",
        "\u{e9}",
        "\u{202e}a",
        "a\u{2215}b",
        "\"a",
        "a\"",
        "*",
        &long,
    ];
    for name in names {
        let token = token(&key, &format!("https://login.example/{name}/v2.0")).sign();
        assert_eq!(
            rejection(&authenticator, &token).await,
            Some(ErrorKind::UnknownIssuer),
            "{name:?}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
    assert!(site.fetched().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_only_resembles_the_pattern_is_unknown() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let (authenticator, asked) = everybody(&site, "https://login.example/{tenant}/v2.0");
    for issuer in [
        "https://login.example/a/v2.0/",
        "https://login.example/a/v2.0?",
        "https://login.example/a/V2.0",
        "https://LOGIN.example/a/v2.0",
        "http://login.example/a/v2.0",
        "https://login.example:443/a/v2.0",
        "https://login.example/v2.0",
        "https://login.example//v2.0",
        "https://login.example.evil.example/a/v2.0",
        "https://evil.example/https://login.example/a/v2.0",
        " https://login.example/a/v2.0",
        "https://login.example/",
        "",
    ] {
        assert_eq!(
            rejection(&authenticator, &token(&key, issuer).sign()).await,
            Some(ErrorKind::UnknownIssuer),
            "{issuer}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
    assert!(site.fetched().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_rule_is_asked_for_bounded_names_and_the_right_url_is_fetched() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let long = "x".repeat(128);
    for name in ["a", "A.b_c~d-1", "...", &long] {
        let (authenticator, asked) = everybody(&site, "https://login.example/{tenant}/v2.0");
        let issuer = format!("https://login.example/{name}/v2.0");
        site.issuer(&issuer, &key);
        assert_eq!(
            rejection(&authenticator, &token(&key, &issuer).sign()).await,
            None
        );
        assert!(asked.lock().unwrap().iter().all(|asked| asked == name));
        assert!(site.fetched().ends_with(&[
            format!("{issuer}/.well-known/openid-configuration"),
            format!("{issuer}/keys"),
        ]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_in_the_host_is_one_label() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let (authenticator, asked) = everybody(&site, "https://{tenant}.login.example");
    site.issuer("https://acme.login.example", &key);
    let verify = |name: &str| {
        let token = token(&key, &format!("https://{name}.login.example")).sign();
        let authenticator = authenticator.clone();
        async move { rejection(&authenticator, &token).await }
    };
    assert_eq!(verify("acme").await, None);
    asked.lock().unwrap().clear();
    let long = "x".repeat(64);
    for name in [
        "",
        "ACME",
        "a.b",
        "evil.example/",
        "evil.example#",
        "evil.example?",
        "a@b",
        "a:1@b",
        "-a",
        "a-",
        "a_b",
        "%61cme",
        "xn--\u{e9}",
        &long,
    ] {
        assert_eq!(verify(name).await, Some(ErrorKind::UnknownIssuer), "{name}");
    }
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(site.fetched().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_within_other_claims_does_not_choose_the_keys() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let (authenticator, _) = everybody(&site, "https://login.example/{tenant}/v2.0");
    let (ours, theirs) = (
        "https://login.example/a/v2.0",
        "https://login.example/b/v2.0",
    );
    site.issuer(ours, &key);
    // RFC 8693 §4.1: the actor has an issuer of its own, and may come first.
    let exp = 4_000_000_000_u64;
    let payload = format!(
        r#"{{"act":{{"iss":"{theirs}"}},"x":"\"iss\":\"{theirs}\"","iss":"{ours}","aud":"{AUDIENCE}","exp":{exp}}}"#
    );
    let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, key.key_id());
    let token = key.sign_raw(&header, payload.as_bytes());
    assert_eq!(rejection(&authenticator, &token).await, None);
    for payload in [
        payload.replace(
            r#""iss":"https://login.example/a"#,
            r#""\u0069ss":"https:\/\/login.example\/a"#,
        ),
        payload.replace(r#"{"act""#, " {\n\t\"act\""),
    ] {
        let token = key.sign_raw(&header, payload.as_bytes());
        assert_eq!(rejection(&authenticator, &token).await, None, "{payload}");
    }
    let twice = payload.replace(r#","aud""#, &format!(r#","iss":"{theirs}","aud""#));
    let token = key.sign_raw(&header, twice.as_bytes());
    assert_eq!(
        rejection(&authenticator, &token).await,
        Some(ErrorKind::MalformedToken)
    );
}
