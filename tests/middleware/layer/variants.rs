//! Clones of a layer that differ in a setting: they share everything else.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{
    Claims, Dpop, Error, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer, ProblemDetails,
    RequestParts, Revocations, Scoped, Scopes, StepUp, SteppedUp, TokenCacheSettings, TokenSource,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

async fn subject(claims: Claims) -> String {
    claims.subject().unwrap_or_default().to_owned()
}

async fn optional_subject(claims: Option<Claims>) -> String {
    let claims = claims.as_ref();
    let subject = claims.and_then(|claims| claims.subject());
    subject.unwrap_or("anonymous").to_owned()
}

fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
}

fn token() -> String {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .sign()
}

async fn send(app: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_required_and_an_optional_route_share_one_fetch_of_the_keys() {
    let issuer = TestIssuer::start().await.unwrap();
    let auth = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    let app = Router::new()
        .route("/me", get(subject).route_layer(auth.clone()))
        .route("/", get(optional_subject).route_layer(auth.optional()));
    let token = format!(
        "Bearer {}",
        issuer.token().subject("alice").audience(AUDIENCE).sign()
    );
    for path in ["/me", "/", "/me", "/"] {
        let response = send(&app, path, &[("authorization", &token)]).await;
        assert_eq!(text(response).await, "alice", "{path}");
    }
    assert_eq!(issuer.jwks_fetches(), 1);
    assert_eq!(
        send(&app, "/me", &[]).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(text(send(&app, "/", &[]).await).await, "anonymous");
    let invalid = send(&app, "/", &[("authorization", "Bearer x")]).await;
    assert_eq!(invalid.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_clone_that_a_variant_was_made_from_is_not_changed() {
    let auth = builder().build().unwrap();
    let clone = auth.clone();
    let _ = auth.clone().optional();
    let _ = auth
        .clone()
        .token_sources([TokenSource::query("t")])
        .unwrap();
    let app = Router::new().route("/", get(subject)).layer(clone);
    assert_eq!(
        send(&app, "/", &[]).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let token = token();
    let response = send(&app, &format!("/?t={token}"), &[]).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let header = format!("Bearer {token}");
    let response = send(&app, "/", &[("authorization", &header)]).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn variants_share_issuers_revocations_and_used_tokens() {
    let list = Revocations::new();
    let auth = builder()
        .token_cache(TokenCacheSettings::default())
        .revocations(&list)
        .reject_replays(10)
        .build()
        .unwrap();
    let app = Router::new()
        .route("/a", get(subject).route_layer(auth.clone()))
        .route("/b", get(subject).route_layer(auth.clone().optional()));
    let bearer = || format!("Bearer {}", token());
    let used = bearer();
    assert_eq!(kind(&app, "/a", &used).await, None);
    assert_eq!(kind(&app, "/b", &used).await, Some(ErrorKind::Replayed));
    list.revoke_subject(ISSUER, "test-subject").unwrap();
    assert_eq!(kind(&app, "/b", &bearer()).await, Some(ErrorKind::Revoked));
    assert!(auth.issuers().remove(ISSUER));
    // Without an issuer, no algorithm is allowed.
    assert_eq!(
        kind(&app, "/b", &bearer()).await,
        Some(ErrorKind::AlgorithmNotAllowed)
    );
}

async fn kind(app: &Router, path: &str, authorization: &str) -> Option<ErrorKind> {
    let response = send(app, path, &[("authorization", authorization)]).await;
    response.extensions().get::<Error>().map(Error::kind)
}

#[tokio::test]
async fn one_route_can_read_its_tokens_from_a_cookie() {
    let auth = builder().build().unwrap();
    let cookie = TokenSource::cookie("session").unwrap();
    let page = auth.clone().token_sources([cookie]).unwrap();
    let app = Router::new()
        .route("/api", get(subject).route_layer(auth))
        .route("/page", get(subject).route_layer(page));
    let (bearer, cookie) = (
        format!("Bearer {}", token()),
        format!("session={}", token()),
    );
    for (path, header, value, status) in [
        ("/api", "authorization", &bearer, StatusCode::OK),
        ("/page", "cookie", &cookie, StatusCode::OK),
        ("/api", "cookie", &cookie, StatusCode::UNAUTHORIZED),
        ("/page", "authorization", &bearer, StatusCode::UNAUTHORIZED),
    ] {
        let response = send(&app, path, &[(header, value)]).await;
        assert_eq!(response.status(), status, "{path} {header}");
    }
}

#[tokio::test]
async fn sources_of_a_variant_are_checked_as_those_of_the_builder() {
    let auth = builder().build().unwrap();
    let error = |auth: &JwtAuthLayer, sources: Vec<TokenSource>| {
        auth.clone().token_sources(sources).unwrap_err().to_string()
    };
    assert!(error(&auth, vec![]).starts_with("token_sources is empty"));
    let twice = vec![TokenSource::query("t"), TokenSource::query("t")];
    assert!(error(&auth, twice).contains("two of them read the same token"));
    let strips = builder().strip_token().build().unwrap();
    let custom = vec![TokenSource::custom(|_| None)];
    assert!(error(&strips, custom).contains("can't remove the token"));
    let dpop = builder().dpop(Dpop::optional()).build().unwrap();
    assert!(error(&dpop, vec![]).starts_with("token_sources is empty"));
    let all = vec![TokenSource::header(http::header::AUTHORIZATION)];
    assert!(error(&dpop, all).contains("two of them read the same token"));
}

#[tokio::test]
async fn a_variant_of_a_layer_with_dpop_still_reads_the_scheme_dpop() {
    let dpop = builder().dpop(Dpop::required()).build().unwrap();
    let variant = dpop.token_sources([TokenSource::query("t")]).unwrap();
    let app = Router::new().route("/", get(subject)).layer(variant);
    let token = format!("DPoP {}", token());
    let response = send(&app, "/", &[("authorization", &token)]).await;
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.starts_with("DPoP") && challenge.contains("error="),
        "{challenge}"
    );
}

#[tokio::test]
async fn routes_of_one_layer_respond_in_two_formats() {
    let auth = builder().realm("shop").build().unwrap();
    let json = auth.clone().rejection_response(ProblemDetails::new());
    let own = auth
        .clone()
        .rejection_response_fn(|error: &Error, _: &RequestParts<'_>| {
            Response::new(Body::from(error.kind().name()))
        });
    let app = Router::new()
        .route("/api", get(subject).route_layer(json.clone()))
        // An extractor below rejects with the response of its route's layer.
        .route("/lazy", get(subject).route_layer(json.optional()))
        .route("/own", get(subject).route_layer(own))
        .route("/plain", get(subject).route_layer(auth));
    for path in ["/api", "/lazy"] {
        let response = send(&app, path, &[]).await;
        assert_eq!(
            response.headers()["www-authenticate"],
            "Bearer realm=\"shop\""
        );
        let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(body["status"], json!(401), "{path}");
    }
    assert_eq!(text(send(&app, "/own", &[]).await).await, "missing_token");
    let plain = send(&app, "/plain", &[]).await;
    assert_eq!(plain.headers()["www-authenticate"], "Bearer realm=\"shop\"");
    assert_eq!(text(plain).await, "");
}

struct Write;

impl Scopes for Write {
    const ALL: &'static [&'static str] = &["orders:write"];
}

struct Gold;

impl StepUp for Gold {
    const ACR_VALUES: &'static [&'static str] = &["gold"];
}

#[tokio::test]
async fn every_extractor_rejects_with_the_response_of_its_routes_layer() {
    let auth = builder().optional().build().unwrap();
    let own = auth.rejection_response_fn(|error: &Error, _: &RequestParts<'_>| {
        let body = Body::from(format!("own: {}", error.kind().name()));
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    });
    let app = Router::new()
        .route("/claims", get(|_: Claims| async {}))
        .route("/scoped", get(|_: Scoped<Write>| async {}))
        .route("/stepped-up", get(|_: SteppedUp<Gold>| async {}))
        .layer(own);
    let token = format!("Bearer {}", token());
    let (none, some) = (vec![], vec![("authorization", &*token)]);
    for (path, headers, expected) in [
        ("/claims", &none, "own: missing_token"),
        ("/scoped", &none, "own: missing_token"),
        ("/stepped-up", &none, "own: missing_token"),
        ("/scoped", &some, "own: insufficient_scope"),
        (
            "/stepped-up",
            &some,
            "own: insufficient_user_authentication",
        ),
    ] {
        let response = send(&app, path, headers).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT, "{path}");
        assert_eq!(text(response).await, expected, "{path}");
    }
}
