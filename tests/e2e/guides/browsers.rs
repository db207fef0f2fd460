//! The code of `docs/browsers.md`, word for word: CORS, and a token or an API key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt as _;
use tower_http::cors::CorsLayer;
use tower_jwt_auth::{
    Claims, DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS, ErrorKind, JwtAuthLayer, RequestParts,
};

use crate::documents::{below_imports, has_lines};
use crate::guide::Guide;
use crate::support::tokio;
use crate::support::{builder, dpop, token};

const API_KEY: &str = "a random key";

fn protect(app: Router, auth: JwtAuthLayer) -> Router {
    let grpc_web = ["x-grpc-web", "x-user-agent", "grpc-timeout"].map(HeaderName::from_static);
    let grpc = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
    let grpc = grpc.map(HeaderName::from_static);
    let allowed = DPOP_REQUEST_HEADERS
        .into_iter()
        .chain([CONTENT_TYPE])
        .chain(grpc_web);
    let exposed = DPOP_RESPONSE_HEADERS
        .into_iter()
        .chain([RETRY_AFTER])
        .chain(grpc);
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://app.example.com"))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(allowed.collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(Duration::from_secs(600));
    app.layer(auth).layer(cors)
}

#[derive(Clone)]
enum Caller {
    User(Claims),
    Program(Arc<str>),
}

/// The programs, by the SHA-256 of their keys, which are random.
type ApiKeys = Arc<HashMap<Vec<u8>, Arc<str>>>;

fn app(auth: JwtAuthLayer, keys: ApiKeys) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route_layer(from_fn_with_state(keys, authenticate))
        .layer(auth)
}

async fn authenticate(
    State(keys): State<ApiKeys>,
    claims: Option<Claims>,
    mut request: Request,
    next: Next,
) -> Response {
    let key = request.headers().get("x-api-key");
    let program = key.and_then(|key| keys.get(digest(&SHA256, key.as_bytes()).as_ref()));
    let caller = match (claims, key, program) {
        (Some(claims), None, _) => Ok(Caller::User(claims)),
        (None, Some(_), Some(program)) => Ok(Caller::Program(Arc::clone(program))),
        (Some(_), Some(_), _) => Err(ErrorKind::InvalidRequest),
        (None, _, _) => Err(ErrorKind::MissingToken),
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(kind) => {
            let parts = RequestParts::from(&request);
            <Claims>::rejection_response(kind.into(), &parts)
        }
    }
}

async fn orders(Extension(caller): Extension<Caller>) -> String {
    match caller {
        Caller::User(claims) => format!("user {}", claims.subject().unwrap_or("unknown")),
        Caller::Program(name) => format!("program {name}"),
    }
}

/// A response, and its body as text.
type Answer = (http::response::Parts, String);

async fn ask(app: Router, method: Method, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(
        Request::builder().method(method).uri("/orders"),
        |request, (name, value)| request.header(*name, *value),
    );
    let request = request.body(Body::empty()).unwrap();
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 1024).await.unwrap();
    (parts, String::from_utf8(body.to_vec()).unwrap())
}

/// Returns status, challenge and body.
async fn call(headers: &[(&str, &str)]) -> (StatusCode, String, String) {
    let hash = digest(&SHA256, API_KEY.as_bytes()).as_ref().to_vec();
    let keys = ApiKeys::new(HashMap::from([(hash, "reports".into())]));
    let auth = builder().optional().build().unwrap();
    let (parts, body) = ask(app(auth, keys), Method::GET, headers).await;
    let challenge = parts.headers.get("www-authenticate");
    let challenge = challenge.map_or("", |challenge| challenge.to_str().unwrap());
    (parts.status, challenge.to_owned(), body)
}

#[test]
fn what_is_tested_here_is_the_code_of_the_guide() {
    let guide = Guide::parse(include_str!("../../../docs/browsers.md"));
    let in_section = |title| {
        let mut blocks = guide.blocks("rust");
        &blocks.find(|block| block.section == title).unwrap().lines
    };
    let here = include_str!("browsers.rs");
    let cors = below_imports(in_section("CORS"));
    assert!(has_lines(here, &cors), "{}", cors.join("\n"));
    let callers = below_imports(in_section("A token or another credential"));
    // All but the layer, whose issuer is that of the test here.
    let mut parts = callers.split(|line| line.starts_with("fn auth()"));
    let before = parts.next().unwrap();
    let mut after = parts.next().unwrap().split(|line| *line == "}");
    after.next();
    let after: Vec<_> = after.collect();
    assert!(has_lines(here, before), "{}", before.join("\n"));
    assert!(after.len() > 3);
    for function in after.into_iter().filter(|lines| !lines.is_empty()) {
        assert!(has_lines(here, function), "{}", function.join("\n"));
    }
}

#[tokio::test]
async fn a_token_or_an_api_key_names_the_caller() {
    let bearer = format!("Bearer {}", token().subject("alice").sign());
    let (status, _, body) = call(&[("authorization", &bearer)]).await;
    assert_eq!((status, &*body), (StatusCode::OK, "user alice"));
    let (status, _, body) = call(&[("x-api-key", API_KEY)]).await;
    assert_eq!((status, &*body), (StatusCode::OK, "program reports"));
    // A scheme that the layer does not read.
    let both = [("authorization", "Basic YTpi"), ("x-api-key", API_KEY)];
    assert_eq!(call(&both).await.0, StatusCode::OK);
}

#[tokio::test]
async fn no_credential_and_each_invalid_one_are_rejected_with_the_challenge_of_the_layer() {
    let valid = format!("Bearer {}", token().sign());
    let expired = format!("Bearer {}", token().expired().sign());
    let key = ("x-api-key", API_KEY);
    for (headers, expected, challenge) in [
        (vec![], StatusCode::UNAUTHORIZED, "Bearer"),
        (
            vec![("x-api-key", "a wrong key")],
            StatusCode::UNAUTHORIZED,
            "Bearer",
        ),
        (
            vec![("authorization", &*expired)],
            StatusCode::UNAUTHORIZED,
            "Bearer error=\"invalid_token\"",
        ),
        // The key does not stand in for the token.
        (
            vec![("authorization", &*expired), key],
            StatusCode::UNAUTHORIZED,
            "Bearer error=\"invalid_token\"",
        ),
        (
            vec![("authorization", &*valid), key],
            StatusCode::BAD_REQUEST,
            "Bearer error=\"invalid_request\"",
        ),
        (
            vec![("authorization", &*valid), ("x-api-key", "a wrong key")],
            StatusCode::BAD_REQUEST,
            "Bearer error=\"invalid_request\"",
        ),
    ] {
        let (status, found, body) = call(&headers).await;
        assert_eq!((status, &*body), (expected, ""), "{headers:?}");
        let found = found.split(',').next();
        assert_eq!(found, Some(challenge), "{headers:?}");
    }
}

#[tokio::test]
async fn preflights_pass_and_rejections_can_be_read() {
    let auth = dpop::layer_with(dpop::required());
    let app = || {
        let app = Router::new().route("/orders", get(|| async { "orders" }));
        protect(app, auth.clone())
    };
    let origin = ("origin", "https://app.example.com");
    let asks = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,dpop"),
    ];
    let (preflight, _) = ask(app(), Method::OPTIONS, &asks).await;
    let header = |parts: &http::response::Parts, name: &str| {
        let value = parts.headers.get(name).unwrap();
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(preflight.status, StatusCode::OK);
    let allowed = header(&preflight, "access-control-allow-headers");
    for name in ["authorization", "dpop", "content-type", "x-grpc-web"] {
        assert!(allowed.split(',').any(|one| one == name), "{allowed}");
    }
    let (rejection, _) = ask(app(), Method::GET, &[origin]).await;
    assert_eq!(rejection.status, StatusCode::UNAUTHORIZED);
    let exposed = header(&rejection, "access-control-expose-headers");
    for name in [
        "www-authenticate",
        "dpop-nonce",
        "retry-after",
        "grpc-status",
    ] {
        assert!(exposed.split(',').any(|one| one == name), "{exposed}");
    }
    let allowed = header(&rejection, "access-control-allow-origin");
    assert_eq!(allowed, "https://app.example.com");
}
