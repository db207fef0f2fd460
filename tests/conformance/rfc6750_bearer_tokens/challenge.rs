//! Requirement 6: the challenge (RFC 6750 §3) of every kind of rejection.

use std::collections::HashSet;
use std::time::Duration;

use http::Request;
use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer, KeySet, RequestParts};

use crate::support::Unreachable;
use crate::support::tokio;
use crate::support::{
    ISSUER, ask, bearer, builder, default_key, key, key_set, request, send, token, token_of,
};

/// Returns a layer that can reject with every kind of error.
fn strict() -> JwtAuthLayer {
    let down = Issuer::from_key_source(
        "https://down.example",
        Unreachable(Duration::from_secs(7)),
        "https://api.example",
    );
    builder()
        .add_issuer(down)
        .add_issuer(Issuer::from_keys(
            "https://many.example",
            two_of_which_one_is_tried(),
            "https://api.example",
        ))
        .realm("files")
        .require_scopes(["read"])
        .reject_revoked(|claims| claims.subject() == Some("revoked"))
        .reject_replays(100)
        .build()
        .unwrap()
}

fn two_of_which_one_is_tried() -> KeySet {
    let keys = [(); 2].map(|()| TestKey::generate(Algorithm::ES256));
    key_set(&keys).with_max_candidates(1).unwrap()
}

/// The value of every claim and header parameter that can hold any text, to find out whether a
/// rejection repeats it.
const MARK: &str = "TheMarkOfTheToken";

/// Returns a request for each kind of rejection.
fn every_rejection() -> Vec<(ErrorKind, Request<()>)> {
    let valid = || {
        token()
            .scope("read")
            .subject(MARK)
            .claim(MARK, MARK)
            .header("x", MARK)
    };
    let unknown = default_key().clone().with_key_id(MARK);
    let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let token = |token: tower_jwt_auth::testing::TokenBuilder| bearer(&token.sign());
    let twice = format!("Bearer {}", valid().sign());
    vec![
        (
            ErrorKind::MissingToken,
            request(&[("authorization", &format!("Basic {MARK}"))]),
        ),
        (
            ErrorKind::InvalidRequest,
            request(&[("authorization", &twice), ("authorization", &twice)]),
        ),
        (ErrorKind::MalformedToken, bearer(MARK)),
        (ErrorKind::TokenTooLarge, bearer(&MARK.repeat(1000))),
        (
            ErrorKind::UnsupportedHeader,
            token(valid().header("crit", [MARK])),
        ),
        (
            ErrorKind::AlgorithmNotAllowed,
            token(valid().header("alg", MARK)),
        ),
        (
            ErrorKind::WrongTokenType,
            token(valid().header("typ", MARK)),
        ),
        (ErrorKind::UnknownIssuer, token(valid().issuer(MARK))),
        (ErrorKind::UnknownKey, token(valid().key(&unknown))),
        (
            ErrorKind::InvalidSignature,
            token(valid().key(&unknown_key)),
        ),
        (
            ErrorKind::TooManyKeys,
            token(valid().issuer("https://many.example").without_header("kid")),
        ),
        (ErrorKind::MissingClaim, token(valid().without_claim("exp"))),
        (ErrorKind::InvalidClaim, token(valid().claim("exp", MARK))),
        (ErrorKind::WrongAudience, token(valid().audience(MARK))),
        (ErrorKind::Expired, token(valid().expired())),
        (
            ErrorKind::NotYetValid,
            token(valid().claim("nbf", 2_000_000_000_u64)),
        ),
        (ErrorKind::Revoked, token(valid().subject("revoked"))),
        (ErrorKind::Replayed, token(valid().claim("jti", MARK))),
        (ErrorKind::InsufficientScope, token(valid().scope(MARK))),
        (
            ErrorKind::KeysUnavailable,
            token(valid().issuer("https://down.example")),
        ),
    ]
}

// 6: `ask` also parses each challenge and searches it for pieces of the token.
#[tokio::test]
async fn every_rejection_has_the_challenge_of_its_kind() {
    let layer = strict();
    let used = token().scope("read").claim("jti", MARK).sign();
    send(&layer, &used).await.accepted();
    for (kind, request) in every_rejection() {
        let answer = ask(&layer, request).await.named(kind);
        match kind {
            ErrorKind::MissingToken => answer.rejected(401, None, kind),
            ErrorKind::InvalidRequest => answer.rejected(400, Some("invalid_request"), kind),
            ErrorKind::InsufficientScope => answer.rejected(403, Some("insufficient_scope"), kind),
            ErrorKind::KeysUnavailable => answer.rejected(503, None, kind),
            _ => answer.invalid_token(kind),
        }
        assert_eq!(
            answer.attribute("error").is_some(),
            answer.attribute("error_description").is_some(),
            "{kind:?}"
        );
        assert_eq!(
            answer.attribute("scope").is_some(),
            kind == ErrorKind::InsufficientScope,
            "{kind:?}"
        );
        assert_eq!(
            answer.attribute("realm"),
            answer.challenge().map(|_| "files"),
            "{kind:?}"
        );
    }
}

// 6
#[tokio::test]
async fn no_rejection_contains_a_part_of_the_token_or_internals() {
    let layer = strict();
    let used = token().scope("read").claim("jti", MARK).sign();
    send(&layer, &used).await.accepted();
    for (kind, request) in every_rejection() {
        let answer = ask(&layer, request).await;
        let error = answer.error.as_ref().unwrap();
        let shown = format!("{:?}{}{error}{error:?}", answer.headers, answer.body);
        for hidden in [MARK, "10.0.0.7", ISSUER, "https://api.example", "ES256"] {
            assert!(!shown.contains(hidden), "{kind:?}: {hidden} in {shown}");
        }
    }
}

#[test]
fn every_kind_of_rejection_is_tested() {
    let kinds: HashSet<_> = every_rejection()
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds.len(), 20);
}

// 2, 6: RFC 9110 §11.5
#[tokio::test]
async fn the_challenge_has_the_configured_realm() {
    let layer = builder().realm("the files").build().unwrap();
    assert_eq!(
        ask(&layer, request(&[])).await.challenge(),
        Some("Bearer realm=\"the files\"")
    );
}

// 6
#[tokio::test]
async fn characters_that_a_challenge_can_not_contain_are_removed_from_the_realm() {
    let layer = builder()
        .realm("a\"b\\c\r\nSet-Cookie: x\té\u{0}d")
        .build()
        .unwrap();
    assert_eq!(
        ask(&layer, request(&[])).await.challenge(),
        Some("Bearer realm=\"abcSet-Cookie: xd\"")
    );
}

// 5, 6
#[tokio::test]
async fn the_challenge_has_the_required_scopes() {
    let layer = builder()
        .require_scopes(["read", "files:write"])
        .require_scopes(["x"])
        .build()
        .unwrap();
    let answer = send(&layer, &token().scope("read").sign()).await;
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
    assert_eq!(answer.attribute("scope"), Some("read files:write x"));
    assert_eq!(
        answer.error.unwrap().required_scope(),
        Some("read files:write x")
    );
}

// 6: other layers find the error in the response's extensions, also in those of a custom response.
#[tokio::test]
async fn a_custom_rejection_response_has_the_error_in_its_extensions() {
    let teapot = |_: &tower_jwt_auth::Error, _: &RequestParts<'_>| {
        let response: http::Response<String> = http::Response::default();
        let (mut parts, body) = response.into_parts();
        parts.status = http::StatusCode::IM_A_TEAPOT;
        http::Response::from_parts(parts, body)
    };
    let layer = builder().rejection_response(teapot).build().unwrap();
    let answer = ask(
        &layer,
        bearer(
            &token_of(key(Algorithm::Ed25519))
                .claim("x", json!({}))
                .sign(),
        ),
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.challenge()), (418, None));
    assert_eq!(answer.kind(), Some(ErrorKind::AlgorithmNotAllowed));
}
