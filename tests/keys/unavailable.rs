//! Requirement 19: while keys are unavailable, a token is neither accepted nor rejected.

use std::error::Error as _;
use std::time::Duration;

use tower_jwt_auth::testing::{Fault, TestIssuer};
use tower_jwt_auth::{
    Authenticator, ConfigErrorKind, ErrorKind, Issuer, JwksCacheSettings, JwtAuthLayer,
};

use crate::support::faults::outages;
use crate::support::{AUDIENCE, Answer, ISSUER, Unreachable, builder_for, send, token, tokio};

fn layer(issuer: Issuer) -> JwtAuthLayer {
    JwtAuthLayer::builder(issuer).build().unwrap()
}

fn of_url(issuer: &TestIssuer) -> Issuer {
    Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE)
}

fn of_discovery(issuer: &TestIssuer) -> Issuer {
    Issuer::discovery(issuer.issuer(), AUDIENCE)
}

/// Returns a layer with a short timeout where the fault makes requests wait.
fn faulty(issuer: Issuer, fault: &Fault) -> JwtAuthLayer {
    let soon = Duration::from_millis(50);
    layer(match fault {
        Fault::Hang => issuer.jwks_cache(JwksCacheSettings::default().fetch_timeout(soon)),
        Fault::Drip => issuer.jwks_cache(JwksCacheSettings::default().wait_timeout(soon)),
        _ => issuer,
    })
}

/// Asserts 503 without a challenge, and returns `Retry-After`.
#[track_caller]
fn unavailable<C>(answer: &Answer<C>) -> u64 {
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    assert_eq!(answer.challenge(), None);
    let seconds = answer
        .header("retry-after")
        .expect("Retry-After")
        .parse()
        .unwrap();
    assert!(seconds >= 1);
    seconds
}

#[tokio::test]
async fn with_the_key_set_unavailable_requests_get_503() {
    let issuer = TestIssuer::start().await.unwrap();
    for fault in outages(AUDIENCE, 30) {
        issuer.set_fault(Some(fault.clone()));
        unavailable(
            &send(&faulty(of_url(&issuer), &fault), &issuer.token().sign())
                .await
                .named(&fault),
        );
        unavailable(
            &send(
                &faulty(of_discovery(&issuer), &fault),
                &issuer.token().sign(),
            )
            .await
            .named(&fault),
        );
    }
    issuer.set_fault(None);
    send(&layer(of_url(&issuer)), &issuer.token().sign())
        .await
        .accepted();
}

#[tokio::test]
async fn with_the_metadata_unavailable_requests_get_503() {
    let issuer = TestIssuer::start().await.unwrap();
    for fault in outages(AUDIENCE, 30) {
        issuer.set_metadata_fault(Some(fault.clone()));
        unavailable(
            &send(
                &faulty(of_discovery(&issuer), &fault),
                &issuer.token().sign(),
            )
            .await
            .named(&fault),
        );
    }
    assert_eq!(issuer.jwks_fetches(), 0);
}

// A redirect could lead to another party's keys.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (issuer, attacker) = (
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    );
    issuer.set_fault(Some(Fault::Redirect(attacker.jwks_uri())));
    unavailable(
        &send(
            &layer(of_url(&issuer)),
            &attacker.token().issuer(issuer.issuer()).sign(),
        )
        .await,
    );
    issuer.set_metadata_fault(Some(Fault::Redirect(format!(
        "{}/.well-known/openid-configuration",
        attacker.issuer()
    ))));
    unavailable(
        &send(
            &layer(of_discovery(&issuer)),
            &attacker.token().issuer(issuer.issuer()).sign(),
        )
        .await,
    );
    assert_eq!(
        (attacker.jwks_fetches(), attacker.metadata_fetches()),
        (0, 0)
    );
}

#[tokio::test]
async fn with_the_issuer_down_requests_get_503() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.stop().await;
    unavailable(&send(&layer(of_url(&issuer)), &issuer.token().sign()).await);
    unavailable(&send(&layer(of_discovery(&issuer)), &issuer.token().sign()).await);
}

// The signature was not verified, so a forger learns nothing from the response.
#[tokio::test]
async fn every_token_that_could_be_valid_gets_503() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::Status(500)));
    let unknown_key = TestIssuer::start().await.unwrap();
    unavailable(
        &send(
            &layer(of_url(&issuer)),
            &unknown_key.token().issuer(issuer.issuer()).sign(),
        )
        .await,
    );
}

#[tokio::test]
async fn a_token_that_is_invalid_whatever_its_key_is_rejected_without_a_fetch() {
    let issuer = TestIssuer::start().await.unwrap();
    let layer = layer(of_discovery(&issuer));
    send(&layer, &issuer.token().expired().sign())
        .await
        .invalid_token(ErrorKind::Expired);
    send(&layer, &issuer.token().without_claim("exp").sign())
        .await
        .invalid_token(ErrorKind::MissingClaim);
    send(&layer, &issuer.token().claim("exp", "x").sign())
        .await
        .invalid_token(ErrorKind::InvalidClaim);
    send(&layer, &issuer.token().issuer(ISSUER).sign())
        .await
        .invalid_token(ErrorKind::UnknownIssuer);
    send(&layer, &issuer.token().header("alg", "none").sign())
        .await
        .invalid_token(ErrorKind::AlgorithmNotAllowed);
    send(&layer, &issuer.token().header("typ", "dpop+jwt").sign())
        .await
        .invalid_token(ErrorKind::WrongTokenType);
    send(&layer, "a.b.c")
        .await
        .invalid_token(ErrorKind::MalformedToken);
    send(&layer, &"a".repeat(20_000))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
    assert_eq!((issuer.jwks_fetches(), issuer.metadata_fetches()), (0, 0));
}

// RFC 9110 §10.2.3
#[tokio::test]
async fn the_retry_after_of_the_issuer_is_passed_on() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::RetryAfter {
        status: 429,
        seconds: 30,
    }));
    let seconds = unavailable(&send(&layer(of_url(&issuer)), &issuer.token().sign()).await);
    assert!((29..=30).contains(&seconds), "{seconds}");
}

// Tokens of cached keys are accepted, or rejected for what is wrong with them.
#[tokio::test]
async fn in_an_outage_cached_keys_stay_in_use() {
    let issuer = TestIssuer::start().await.unwrap();
    let layer = layer(of_url(&issuer));
    send(&layer, &issuer.token().sign()).await.accepted();
    issuer.stop().await;
    send(&layer, &issuer.token().sign()).await.accepted();
    let wrong = send(&layer, &issuer.token().audience("x").sign()).await;
    wrong.invalid_token(ErrorKind::WrongAudience);
}

async fn retry_after(wait: Duration) -> u64 {
    let layer = builder_for(Issuer::from_key_source(ISSUER, Unreachable(wait), AUDIENCE))
        .build()
        .unwrap();
    let answer = send(&layer, &token().sign()).await;
    assert_eq!(answer.error.as_ref().unwrap().retry_after(), Some(wait));
    unavailable(&answer)
}

#[tokio::test]
async fn retry_after_is_rounded_up_and_at_least_one_second() {
    assert_eq!(retry_after(Duration::ZERO).await, 1);
    assert_eq!(retry_after(Duration::from_millis(1)).await, 1);
    assert_eq!(retry_after(Duration::from_secs(1)).await, 1);
    assert_eq!(retry_after(Duration::from_millis(1001)).await, 2);
    assert_eq!(retry_after(Duration::from_secs(90)).await, 90);
    assert_eq!(retry_after(Duration::MAX).await, u64::MAX);
}

#[tokio::test]
async fn the_cause_is_the_source_of_the_error_and_not_in_its_text() {
    let layer = builder_for(Issuer::from_key_source(
        ISSUER,
        Unreachable(Duration::ZERO),
        AUDIENCE,
    ))
    .build()
    .unwrap();
    let error = send(&layer, &token().sign()).await.error.unwrap();
    assert!(!error.to_string().contains("10.0.0.7"));
    assert!(error.source().unwrap().to_string().contains("10.0.0.7"));
}

#[tokio::test]
async fn discovering_an_issuer_that_is_down_is_a_configuration_error() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.stop().await;
    let error = JwtAuthLayer::discover(issuer.issuer(), AUDIENCE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::KeysUnavailable);
    assert!(error.source().is_some());
    let trusted = Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE);
    let authenticator = Authenticator::builder(trusted)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.prefetch().await.is_err());
    let error = authenticator
        .authenticate(&issuer.token().sign())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
}
