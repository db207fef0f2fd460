//! `Authenticator::diagnose`: its checks and its error agree, and with what a request gets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower_jwt_auth::{
    Algorithm, Clock, Diagnosis, DiagnosisCheck, ErrorKind, HttpClient, Issuer, Tenants,
};

use crate::support::tokio;
use crate::support::web::Web;
use crate::support::{
    AUDIENCE, ISSUER, NOW, at, builder, builder_for, default_key, issuer, payload, signed, token,
};

fn failed(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let checks = diagnosis.checks().iter();
    let failed = checks.filter(|check| check.error().is_some());
    failed.map(DiagnosisCheck::name).collect()
}

#[tokio::test]
async fn a_token_without_an_id_fails_the_check_of_single_use() {
    let layer = builder().reject_replays(100).build().unwrap();
    let authenticator = layer.authenticator();
    let token = token().without_claim("jti").sign();
    let diagnosis = authenticator.diagnose(&token).await;
    assert_eq!(failed(&diagnosis), ["single use"], "{diagnosis}");
    let error = diagnosis.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::MissingClaim);
    assert_eq!(error.claim(), Some("jti"));
    let rejected = authenticator.authenticate(&token).await.unwrap_err();
    assert_eq!(rejected.kind(), error.kind());
}

#[tokio::test]
async fn the_check_of_single_use_is_listed_and_uses_nothing() {
    let layer = builder().reject_replays(100).build().unwrap();
    let authenticator = layer.authenticator();
    let token = token().claim("jti", "1").sign();
    for _ in 0..2 {
        let diagnosis = authenticator.diagnose(&token).await;
        let last = diagnosis.checks().last().unwrap();
        assert_eq!(last.name(), "single use");
        assert!(diagnosis.error().is_none(), "{diagnosis}");
    }
    assert!(authenticator.authenticate(&token).await.is_ok());
    // It is not run if the token is not verified.
    let diagnosis = authenticator.diagnose("").await;
    assert_eq!(diagnosis.checks().last().unwrap().name(), "single use");
}

/// A clock that is a second later with each reading.
#[derive(Debug)]
struct Stepping(AtomicU64);

impl Clock for Stepping {
    fn now(&self) -> SystemTime {
        // Nothing else depends on the order.
        at(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[tokio::test]
async fn all_checks_have_the_same_time() {
    for age in 55..65 {
        let clock = Stepping(AtomicU64::new(NOW));
        let layer = builder().clock(clock).build().unwrap();
        let expired = signed(payload(&[("exp", &(NOW - age).to_string())]));
        let diagnosis = layer.authenticator().diagnose(&expired).await;
        let expected: &[&str] = if age < 60 { &[] } else { &["expiry"] };
        assert_eq!(failed(&diagnosis), expected, "{age} s: {diagnosis}");
        assert_eq!(diagnosis.error().is_some(), age >= 60, "{age} s");
    }
}

#[tokio::test]
async fn the_error_of_a_client_is_escaped_and_cut() {
    let text = format!(
        "https://issuer.example/keys?key=telltale: \u{202e}\u{2028}\n{}",
        "é".repeat(2000)
    );
    let client = HttpClient::new(tower::service_fn(move |_: Request<Full<Bytes>>| {
        std::future::ready(Err::<Response<Full<Bytes>>, _>(std::io::Error::other(
            text.clone(),
        )))
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE);
    let layer = builder_for(issuer.http_client(client)).build().unwrap();
    let diagnosis = layer.authenticator().diagnose(&token().sign()).await;
    let check = diagnosis
        .checks()
        .iter()
        .find(|check| check.name() == "key");
    let hint = check.unwrap().hint().unwrap();
    assert!(
        hint.contains(r"https://issuer.example/keys \u{fffd}"),
        "{hint}"
    );
    let cut = hint.strip_suffix("…\"").expect("it is cut");
    assert!(
        cut.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{hint}"
    );
    assert!(hint.len() < 600 && !hint.contains("telltale"), "{hint}");
}

#[tokio::test]
async fn the_algorithms_of_a_tenant_without_cached_keys_are_its_own() {
    let web = Web::default();
    let tenants = Issuer::jwks(
        "https://login.example/{tenant}",
        "https://login.example/{tenant}/keys",
        AUDIENCE,
    );
    let tenants = tenants
        .http_client(web.client())
        .algorithms([Algorithm::RS256])
        .tenants(Tenants::allowed_by(|_| true));
    // Its algorithm is ES256.
    let layer = builder_for(issuer()).add_issuer(tenants).build().unwrap();
    let name = "\"https://login.example/acme\"";
    let token = default_key().sign_raw(
        r#"{"alg":"ES256","kid":"ES256","typ":"JWT"}"#,
        payload(&[("iss", name)]).as_bytes(),
    );
    let diagnosis = layer.authenticator().diagnose(&token).await;
    assert_eq!(failed(&diagnosis), ["algorithm"], "{diagnosis}");
    let error = diagnosis.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::AlgorithmNotAllowed);
    let algorithm = &diagnosis.checks()[2];
    assert_eq!(algorithm.expected(), Some("RS256"));
    assert!(web.fetched().is_empty());
}
