//! Requirement 21: if the configured name differs from that of the metadata, the error has both.

use std::error::Error;

use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, send};

// The most frequent mistake: a trailing slash too few.
#[tokio::test]
async fn an_issuer_without_its_trailing_slash_is_named_at_the_start_and_in_the_health() {
    let issuer = TestIssuer::start().await.unwrap();
    let name = issuer.issuer();
    let slash = format!("{name}/");
    issuer.set_metadata_member("issuer", slash.clone());
    let error = JwtAuthLayer::discover(name, AUDIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::KeysUnavailable);
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (**cause).source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    let expected = format!(
        "names issuer {slash:?}, and {name:?} is configured, which differs by a trailing slash"
    );
    let is_named = |text: &String| text.contains(&expected);
    assert!(causes.iter().any(is_named), "{causes:?}");

    let layer = JwtAuthLayer::builder(Issuer::discovery(name, AUDIENCE))
        .build()
        .unwrap();
    let _ = layer.authenticator().prefetch().await;
    let health = layer.authenticator().health().remove(0);
    assert!(
        health
            .fetch
            .unwrap()
            .last_error
            .as_ref()
            .is_some_and(is_named)
    );
    let answer = send(&layer, &issuer.token().issuer(slash).sign()).await;
    answer.invalid_token(ErrorKind::UnknownIssuer);
}
