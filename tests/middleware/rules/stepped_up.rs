//! The extractor `SteppedUp` under axum.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Request, Response};
use tower::ServiceExt as _;
use tower_jwt_auth::{ErrorKind, JwtAuthLayer, RequireLayer, Rule, StepUp, SteppedUp};

use crate::support::system_clock::layer;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};

struct Refund;

impl StepUp for Refund {
    const ACR_VALUES: &'static [&'static str] = &["gold", "silver"];
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
    const SCOPES: &'static [&'static str] = &["orders:write"];
}

async fn refund(claims: SteppedUp<Refund>) -> String {
    claims
        .into_claims()
        .subject()
        .unwrap_or_default()
        .to_owned()
}

fn app(auth: Option<JwtAuthLayer>) -> Router {
    let app = Router::new().route("/", post(refund));
    match auth {
        Some(auth) => app.layer(auth),
        None => app,
    }
}

fn now() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

async fn send(app: Router, claims: Option<(&str, u64, &str)>) -> Response<Body> {
    let mut request = Request::post("/");
    if let Some((acr, auth_time, scope)) = claims {
        let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
        let token = token
            .claim("acr", acr)
            .claim("auth_time", auth_time)
            .scope(scope);
        request = request.header("authorization", format!("Bearer {}", token.sign()));
    }
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_handler_is_called_if_the_user_has_authenticated_as_it_requires() {
    let accepted = send(app(Some(layer())), Some(("silver", now(), "orders:write"))).await;
    assert_eq!(accepted.status(), 200);
}

#[tokio::test]
async fn a_handler_answers_as_a_layer_with_the_same_rule_does() {
    let rule = Rule::all_scopes(["orders:write"]).unwrap();
    let rule = rule.and(Rule::acr(["gold", "silver"]).unwrap());
    let rule = rule.and(Rule::max_age(Duration::from_secs(300)).unwrap());
    let by_layer = || {
        let handler = post(|| async {}).layer(RequireLayer::rule(rule.clone()));
        Router::new().route("/", handler).layer(layer())
    };
    for (claims, status, kind, end) in [
        (
            ("bronze", now(), "orders:write"),
            401,
            ErrorKind::InsufficientUserAuthentication,
            ",acr_values=\"gold silver\",max_age=\"300\"",
        ),
        (
            ("gold", now() - 400, "x"),
            401,
            ErrorKind::InsufficientUserAuthentication,
            ",scope=\"orders:write\",acr_values=\"gold silver\",max_age=\"300\"",
        ),
        (
            ("gold", now(), "x"),
            403,
            ErrorKind::InsufficientScope,
            ",scope=\"orders:write\"",
        ),
    ] {
        for app in [app(Some(layer())), by_layer()] {
            let response = send(app, Some(claims)).await;
            assert_eq!(response.status(), status);
            let error = response
                .extensions()
                .get::<tower_jwt_auth::Error>()
                .unwrap();
            assert_eq!(error.kind(), kind);
            let challenge = response.headers()["www-authenticate"].to_str().unwrap();
            assert!(challenge.ends_with(end), "{challenge}");
        }
    }
}

#[tokio::test]
async fn without_a_token_or_a_layer_it_rejects_as_claims_do() {
    let issuer = tower_jwt_auth::Issuer::from_keys(ISSUER, crate::support::public_key(), AUDIENCE);
    let optional = JwtAuthLayer::builder(issuer).optional().build().unwrap();
    let response = send(app(Some(optional)), None).await;
    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["www-authenticate"]
        ),
        (401, &"Bearer".parse().unwrap())
    );
    assert_eq!(
        send(app(None), Some(("gold", now(), "orders:write")))
            .await
            .status(),
        500
    );
}
