//! The answer (RFC 7662 §2.2): only `active` true accepts, and then the claims are checked as those
//! of a JWT.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_jwt_auth::{
    Audience, ErrorKind, IntrospectionSettings, Issuer, JwtAuthLayer, TokenType, until_expiry,
};

use super::endpoint::{Endpoint, active};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, NOW, ask, at, bearer, builder_for, clock, request};

const TOKEN: &str = "opaque-token";

async fn kind_of(answer: impl ToString) -> Option<ErrorKind> {
    kind_with(answer, IntrospectionSettings::default()).await
}

async fn kind_with(answer: impl ToString, settings: IntrospectionSettings) -> Option<ErrorKind> {
    let layer = Endpoint::answering(answer).layer_with(settings);
    ask(&layer, bearer(TOKEN)).await.kind()
}

// 4
#[tokio::test(start_paused = true)]
async fn the_claims_of_an_active_token_reach_the_service() {
    let endpoint = Endpoint::answering(active(json!({"nbf": NOW - 5, "acr": "gold",
        "auth_time": NOW - 60, "jti": "id", "sid": "session"})));
    let claims = ask(&endpoint.layer(), bearer(TOKEN)).await.accepted();
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(claims.subject(), Some("alice"));
    assert!(claims.audience().eq([AUDIENCE]));
    assert!(claims.scopes().eq(["read", "write"]));
    assert_eq!(claims.expires_at(), at(NOW + 300));
    assert_eq!(claims.issued_at(), Some(at(NOW)));
    assert_eq!(claims.not_before(), Some(at(NOW - 5)));
    assert_eq!((claims.client_id(), claims.id()), (Some("app"), Some("id")));
    assert_eq!(claims.session_id(), Some("session"));
    assert_eq!(claims.get("username"), Some(&json!("alice@example")));
    assert_eq!(claims.get("token_type"), Some(&json!("Bearer")));
    // 7: RFC 9470 §6.2.
    assert_eq!(claims.authentication_context_class(), Some("gold"));
    assert_eq!(claims.authenticated_at(), Some(at(NOW - 60)));
    assert_eq!((claims.algorithm(), claims.key_id()), (None, None));
    assert_eq!(claims.token_type(), &TokenType::Introspected);
}

#[tokio::test(start_paused = true)]
async fn the_claims_are_those_of_the_users_type() {
    #[derive(Deserialize)]
    struct Mine {
        tenant: u32,
    }
    let layer_of = |answer: Value| {
        let issuer = Endpoint::answering(answer).issuer();
        let builder = JwtAuthLayer::builder(issuer).clock(clock());
        builder.claims::<Mine>().build().unwrap()
    };
    let layer = layer_of(active(json!({"tenant": 7})));
    assert_eq!(ask(&layer, bearer(TOKEN)).await.accepted().tenant, 7);
    let layer = layer_of(active(json!({"tenant": "x"})));
    let answer = ask(&layer, bearer(TOKEN)).await;
    answer.invalid_token(ErrorKind::InvalidClaim);
}

// 5: no reason is told.
#[tokio::test(start_paused = true)]
async fn a_token_is_rejected_unless_active_is_the_json_true() {
    for value in [
        json!(false),
        json!("true"),
        json!(1),
        json!([true]),
        json!({}),
        json!(null),
    ] {
        let mut answer = active(json!({}));
        answer["active"] = value.clone();
        let layer = Endpoint::answering(&answer).layer();
        let answer = ask(&layer, bearer(TOKEN)).await.named(value);
        answer.invalid_token(ErrorKind::Inactive);
        let description = answer.attribute("error_description");
        assert_eq!(description, Some("the access token is not active"));
    }
    for answer in ["{}", r#"{"Active":true}"#, r#"{"x":{"active":true}}"#] {
        assert_eq!(kind_of(answer).await, Some(ErrorKind::Inactive), "{answer}");
    }
}

// 4
#[tokio::test(start_paused = true)]
async fn claims_are_checked_as_those_of_a_jwt() {
    use ErrorKind::{
        Expired, InvalidClaim, MissingClaim, NotYetValid, UnknownIssuer, WrongAudience,
    };
    for (changes, expected) in [
        (json!({"exp": NOW - 60}), Some(Expired)),
        (json!({"exp": NOW - 59}), None),
        (json!({"exp": "1900000000"}), Some(InvalidClaim)),
        (json!({"exp": -1}), Some(InvalidClaim)),
        (json!({"exp": 1_900_000_000_000_u64}), Some(InvalidClaim)),
        (json!({"exp": null}), Some(MissingClaim)),
        (json!({"nbf": NOW + 61}), Some(NotYetValid)),
        (json!({"nbf": NOW + 60}), None),
        (json!({"iat": NOW + 61}), Some(NotYetValid)),
        (json!({"iat": null}), None),
        (json!({"iss": null}), None),
        (
            json!({"iss": "https://issuer.example/"}),
            Some(UnknownIssuer),
        ),
        (json!({"iss": 1}), Some(InvalidClaim)),
        (json!({"aud": null}), Some(MissingClaim)),
        (json!({"aud": []}), Some(WrongAudience)),
        (json!({"aud": "https://other.example"}), Some(WrongAudience)),
        (json!({"aud": ["https://other.example", AUDIENCE]}), None),
        (json!({"sub": 5}), Some(InvalidClaim)),
        (json!({"sub": null}), None),
        (
            json!({"token_use": "refresh_token"}),
            Some(ErrorKind::WrongTokenType),
        ),
        (
            json!({"token_type": "refresh_token"}),
            Some(ErrorKind::WrongTokenType),
        ),
        (json!({"typ": "Refresh"}), Some(ErrorKind::WrongTokenType)),
        (json!({"typ": "ID"}), Some(ErrorKind::WrongTokenType)),
        (json!({"events": {}}), Some(ErrorKind::WrongTokenType)),
    ] {
        assert_eq!(
            kind_of(active(changes.clone())).await,
            expected,
            "{changes}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_aud_is_accepted_if_the_issuer_judges_it() {
    let settings = || IntrospectionSettings::default().allow_missing_audience();
    assert_eq!(
        kind_with(active(json!({"aud": null})), settings()).await,
        None
    );
    for aud in [json!("https://other.example"), json!([])] {
        let kind = kind_with(active(json!({"aud": aud})), settings()).await;
        assert_eq!(kind, Some(ErrorKind::WrongAudience));
    }
    // The other conditions hold.
    let issuer = Issuer::introspection(
        ISSUER,
        super::endpoint::URL,
        Endpoint::credentials(),
        Audience::from(AUDIENCE).and_scope("admin"),
    );
    let endpoint = Endpoint::answering(active(json!({"aud": null})));
    let issuer = issuer
        .http_client(endpoint.client())
        .introspection_settings(settings());
    let layer = builder_for(issuer).build().unwrap();
    let kind = ask(&layer, bearer(TOKEN)).await.kind();
    assert_eq!(kind, Some(ErrorKind::InsufficientScope));
}

#[tokio::test(start_paused = true)]
async fn a_token_without_exp_is_accepted_for_the_time_that_a_setting_names() {
    let time = Duration::from_secs(90);
    let settings = IntrospectionSettings::default().default_lifetime(time);
    let endpoint = Endpoint::answering(active(json!({"exp": null})));
    let clock = clock();
    let issuer = endpoint.issuer().introspection_settings(settings);
    let layer = JwtAuthLayer::builder(issuer)
        .clock(clock.clone())
        .build()
        .unwrap();
    let claims = ask(&layer, bearer(TOKEN)).await.accepted();
    assert_eq!(claims.expires_at(), at(NOW + 90));
    let _ = until_expiry(futures::stream::pending::<()>(), &claims);
    // Of a cached answer, the time is that of the question.
    clock.advance(Duration::from_secs(30));
    let claims = ask(&layer, bearer(TOKEN)).await.accepted();
    assert_eq!(
        (claims.expires_at(), endpoint.questions()),
        (at(NOW + 90), 1)
    );
    // A longer `exp` of the answer counts.
    let settings = IntrospectionSettings::default().default_lifetime(time);
    let layer = Endpoint::new().layer_with(settings);
    let claims = ask(&layer, bearer(TOKEN)).await.accepted();
    assert_eq!(claims.expires_at(), at(NOW + 300));
}

#[tokio::test(start_paused = true)]
async fn the_checks_of_the_policy_run_at_every_use() {
    let endpoint = Endpoint::answering(active(json!({"jti": "id"})));
    let required = endpoint
        .builder(IntrospectionSettings::default())
        .require_scopes(["admin"]);
    let layer = required.build().unwrap();
    for _ in 0..2 {
        let answer = ask(&layer, bearer(TOKEN)).await;
        assert_eq!(answer.kind(), Some(ErrorKind::InsufficientScope));
    }
    let single = endpoint
        .builder(IntrospectionSettings::default())
        .reject_replays(100);
    let layer = single.build().unwrap();
    ask(&layer, bearer(TOKEN)).await.accepted();
    assert_eq!(
        ask(&layer, bearer(TOKEN)).await.kind(),
        Some(ErrorKind::Replayed)
    );
    let revoked = endpoint
        .builder(IntrospectionSettings::default())
        .reject_revoked(|claims: &tower_jwt_auth::Claims| claims.id() == Some("id"));
    let layer = revoked.build().unwrap();
    for _ in 0..2 {
        assert_eq!(
            ask(&layer, bearer(TOKEN)).await.kind(),
            Some(ErrorKind::Revoked)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_claims_of_an_access_token_are_required_of_the_answer_too() {
    let endpoint = Endpoint::new();
    let builder = endpoint
        .builder(IntrospectionSettings::default())
        .access_tokens_only();
    let layer = builder.build().unwrap();
    let answer = ask(&layer, bearer(TOKEN)).await;
    assert_eq!(
        (answer.kind(), answer.claim()),
        (Some(ErrorKind::MissingClaim), Some("jti"))
    );
    endpoint.answer(active(json!({"jti": "1"})));
    ask(&layer, bearer("another-token")).await.accepted();
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_asked() {
    let endpoint = Endpoint::new();
    ask(&endpoint.layer(), request(&[])).await.no_token();
    assert_eq!(endpoint.questions(), 0);
}
