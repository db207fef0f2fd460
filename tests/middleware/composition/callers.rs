//! Rate limits by caller, below authentication.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use tower::ServiceExt as _;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Claims, ClaimsKeyExtractor, Issuer, JsonClaims, JwtAuthLayer, Key,
};

use crate::support::system_clock::layer;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

type Extractor = ClaimsKeyExtractor<JsonClaims>;

/// Returns a router that allows two requests an hour for each key.
fn limited<K>(key: K) -> Router
where
    K: KeyExtractor + Send + Sync + 'static,
    K::Key: Send + Sync + 'static,
{
    let hour = std::time::Duration::from_secs(60 * 60);
    let twice = GovernorConfigBuilder::default()
        .period(hour)
        .burst_size(2)
        .key_extractor(key)
        .finish()
        .unwrap();
    Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(GovernorLayer::new(twice))
}

fn token() -> TokenBuilder {
    default_key().token().issuer(ISSUER).audience(AUDIENCE)
}

async fn send(app: &Router, token: Option<&TokenBuilder>) -> Response<Body> {
    let mut request = Request::get("/");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.sign()));
    }
    app.clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

/// Asserts that the caller has a quota of two requests.
async fn assert_twice(app: &Router, token: &TokenBuilder) {
    for expected in [
        StatusCode::OK,
        StatusCode::OK,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::TOO_MANY_REQUESTS,
    ] {
        assert_eq!(send(app, Some(token)).await.status(), expected);
    }
}

#[tokio::test]
async fn the_burst_of_one_subject_does_not_limit_another() {
    let app = limited(Extractor::subject()).layer(layer());
    assert_twice(&app, &token().subject("alice")).await;
    assert_twice(&app, &token().subject("bob")).await;
    let again = send(
        &app,
        Some(&token().subject("alice").claim("jti", "another token")),
    )
    .await;
    assert_eq!(
        again.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "a new token gives no new quota"
    );
    assert!(again.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_caller() {
    let other = TestKey::generate(Algorithm::ES256);
    let key = Key::from_jwk(&other.jwk().to_string()).unwrap();
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .add_issuer(Issuer::from_keys("https://other.example", key, AUDIENCE))
        .build()
        .unwrap();
    let app = limited(Extractor::subject()).layer(auth);
    assert_twice(&app, &token().subject("alice")).await;
    assert_twice(
        &app,
        &other
            .token()
            .issuer("https://other.example")
            .audience(AUDIENCE)
            .subject("alice"),
    )
    .await;
}

#[tokio::test]
async fn clients_are_told_apart_by_client_id_or_azp() {
    let app = limited(Extractor::client()).layer(layer());
    assert_twice(&app, &token().subject("alice").claim("client_id", "web")).await;
    assert_twice(&app, &token().subject("alice").claim("azp", "mobile")).await;
    // `client_id` of another type is none.
    let odd = token().claim("client_id", 7).claim("azp", "desktop");
    assert_twice(&app, &odd).await;
    let web = token().subject("bob").claim("azp", "web");
    assert_eq!(
        send(&app, Some(&web)).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "the quota belongs to the client, not to the user"
    );
}

#[tokio::test]
async fn any_claim_may_be_the_key() {
    let tenant = |claims: &Claims| Some(claims.get("tenant")?.as_str()?.to_owned());
    let app = limited(ClaimsKeyExtractor::from_fn(tenant)).layer(layer());
    assert_twice(&app, &token().claim("tenant", "acme")).await;
    assert_twice(&app, &token().claim("tenant", "ucme")).await;
}

#[tokio::test]
async fn a_token_without_the_claim_for_the_limit_is_rejected() {
    for app in [limited(Extractor::subject()), limited(Extractor::client())] {
        let app = app.layer(layer());
        let response = send(&app, Some(&token().without_claim("sub"))).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn without_the_layer_above_every_request_gets_500() {
    let response = send(&limited(Extractor::subject()), Some(&token())).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn in_optional_mode_a_request_without_a_token_is_asked_for_one() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .optional()
        .build()
        .unwrap();
    let response = send(&limited(Extractor::subject()).layer(auth), None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_key_shows_nothing_of_the_claims() {
    let mut request = Request::new(());
    let claims = layer()
        .authenticator()
        .authenticate(&token().subject("telltale").sign())
        .await
        .unwrap();
    request.extensions_mut().insert(claims);
    let key = Extractor::subject().extract(&request).unwrap();
    assert!(!format!("{key:?}").contains("telltale"));
    assert_eq!(
        Extractor::subject().key_name(&key),
        None,
        "the log shows no claims either"
    );
}
