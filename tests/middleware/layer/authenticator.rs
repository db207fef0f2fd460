//! Requirements 8 to 18 without HTTP: an `Authenticator` makes the same checks as the layer.

use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, builder, clock, issuer, layer, payload, signed, token};

fn authenticator() -> Authenticator {
    Authenticator::builder(issuer())
        .clock(clock())
        .build_authenticator()
        .unwrap()
}

async fn kind_of(authenticator: &Authenticator, token: &str) -> Option<ErrorKind> {
    authenticator
        .authenticate(token)
        .await
        .err()
        .map(|error| error.kind())
}

#[tokio::test]
async fn a_valid_token_gives_claims() {
    let claims = authenticator()
        .authenticate(&token().subject("alice").sign())
        .await
        .unwrap();
    assert_eq!(claims.subject(), Some("alice"));
}

#[tokio::test]
async fn an_invalid_token_gives_the_same_error_as_with_the_layer() {
    let cases = [
        (String::new(), ErrorKind::MalformedToken),
        ("a.b.c\n".to_owned(), ErrorKind::MalformedToken),
        (format!(" {}", token().sign()), ErrorKind::MalformedToken),
        (format!("{}\n", token().sign()), ErrorKind::MalformedToken),
        (
            format!("Bearer {}", token().sign()),
            ErrorKind::MalformedToken,
        ),
        ("a".repeat(17_000), ErrorKind::TokenTooLarge),
        (
            token().header("crit", ["x"]).sign(),
            ErrorKind::UnsupportedHeader,
        ),
        (
            token().header("alg", "none").sign(),
            ErrorKind::AlgorithmNotAllowed,
        ),
        (
            token().header("typ", "dpop+jwt").sign(),
            ErrorKind::WrongTokenType,
        ),
        (token().issuer("x").sign(), ErrorKind::UnknownIssuer),
        (token().header("kid", "x").sign(), ErrorKind::UnknownKey),
        (token().audience("x").sign(), ErrorKind::WrongAudience),
        (token().expired().sign(), ErrorKind::Expired),
        (token().without_claim("exp").sign(), ErrorKind::MissingClaim),
        (signed(payload(&[("exp", "null")])), ErrorKind::InvalidClaim),
        (
            token().claim("nbf", 2_000_000_000_u64).sign(),
            ErrorKind::NotYetValid,
        ),
    ];
    for (token, kind) in cases {
        assert_eq!(
            kind_of(&authenticator(), &token).await,
            Some(kind),
            "{token}"
        );
        assert_eq!(
            kind_of(layer().authenticator(), &token).await,
            Some(kind),
            "{token}"
        );
    }
}

#[tokio::test]
async fn the_policy_of_the_builder_applies() {
    let layer = builder()
        .require_scopes(["read"])
        .reject_replays(10)
        .reject_revoked(|claims| claims.subject() == Some("mallory"));
    let authenticator = layer.build_authenticator().unwrap();
    let valid = token().scope("read").sign();
    assert_eq!(kind_of(&authenticator, &valid).await, None);
    assert_eq!(
        kind_of(&authenticator, &valid).await,
        Some(ErrorKind::Replayed)
    );
    assert_eq!(
        kind_of(&authenticator, &token().sign()).await,
        Some(ErrorKind::InsufficientScope)
    );
    let mallory = token().subject("mallory").scope("read").sign();
    assert_eq!(
        kind_of(&authenticator, &mallory).await,
        Some(ErrorKind::Revoked)
    );
}

#[tokio::test]
async fn settings_about_which_requests_need_a_token_have_no_effect() {
    let builder = builder().optional().pass_preflight().skip(|_| true);
    let authenticator = builder.build_authenticator().unwrap();
    assert_eq!(
        kind_of(&authenticator, "x").await,
        Some(ErrorKind::MalformedToken)
    );
    assert_eq!(
        kind_of(&authenticator, "").await,
        Some(ErrorKind::MalformedToken)
    );
}

#[tokio::test]
async fn keys_are_fetched_on_demand_or_by_prefetch() {
    let issuer = TestIssuer::start().await.unwrap();
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    layer.authenticator().prefetch().await.unwrap();
    assert_eq!(issuer.jwks_fetches(), 1);
    assert_eq!(
        kind_of(layer.authenticator(), &issuer.token().sign()).await,
        None
    );
    assert_eq!(issuer.jwks_fetches(), 1);
    let lazy = Authenticator::builder(Issuer::discovery(issuer.issuer(), AUDIENCE))
        .build_authenticator()
        .unwrap();
    assert_eq!(kind_of(&lazy, &issuer.token().sign()).await, None);
    assert_eq!(issuer.jwks_fetches(), 2);
}
