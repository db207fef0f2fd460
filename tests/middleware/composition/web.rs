//! The layer among those of tower-http.

use std::convert::Infallible;

use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::trace::TraceLayer;
use tower_jwt_auth::{Issuer, JwtAuthLayer};

use crate::support::system_clock::{layer, token};
use crate::support::tokio;
use crate::support::{AUDIENCE, Held, ISSUER, public_key};

/// Reads the request's body, and answers with a body that is worth compressing.
async fn answer<B: http_body::Body>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let read = request.into_body().collect().await;
    let status = if read.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::PAYLOAD_TOO_LARGE
    };
    let mut response = Response::new(Body::from("x".repeat(1000)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    Ok(response)
}

fn request(token: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/")
        .header("origin", "https://app.example")
        .header("accept-encoding", "gzip");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}

fn preflight() -> Request<Body> {
    let request = Request::options("/").header("origin", "https://app.example");
    let request = request.header("access-control-request-method", "POST");
    request
        .header("access-control-request-headers", "authorization")
        .body(Body::empty())
        .unwrap()
}

/// Returns the status, whether the body is compressed, and whether CORS headers are set.
async fn seen<S, B>(service: S, request: Request<Body>) -> (StatusCode, bool, bool)
where
    S: Service<Request<Body>, Response = Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body,
{
    let response = service.oneshot(request).await.unwrap();
    let has = |name| response.headers().contains_key(name);
    (
        response.status(),
        has("content-encoding"),
        has("access-control-allow-origin"),
    )
}

#[tokio::test]
async fn below_trace_compression_and_cors_rejections_get_their_headers() {
    let service = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CompressionLayer::new())
        .layer(CorsLayer::permissive())
        .layer(layer())
        .layer(RequestBodyLimitLayer::new(10))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(service_fn(answer));
    assert_eq!(
        seen(service.clone(), preflight()).await,
        (StatusCode::OK, false, true)
    );
    for _ in 0..3 {
        let rejected = seen(service.clone(), request(None, "a body that is too long")).await;
        assert_eq!(rejected, (StatusCode::UNAUTHORIZED, false, true));
        assert_eq!(
            seen(service.clone(), request(Some(&token()), "short")).await,
            (StatusCode::OK, true, true)
        );
        let too_long = request(
            Some(&token()),
            Body::from_stream(futures::stream::iter([
                Ok::<_, Infallible>("too long"),
                Ok("for that"),
            ])),
        );
        assert_eq!(
            seen(service.clone(), too_long).await.0,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
    let mut declared = request(Some(&token()), "a body that is too long");
    declared
        .headers_mut()
        .insert("content-length", "23".parse().unwrap());
    assert_eq!(
        seen(service, declared).await,
        (StatusCode::PAYLOAD_TOO_LARGE, false, true)
    );
}

#[tokio::test]
async fn above_compression_and_cors_rejections_get_none_of_their_headers() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .pass_preflight()
        .build()
        .unwrap();
    let service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(RequestBodyLimitLayer::new(10))
        .layer(auth)
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new())
        .service(service_fn(answer));
    assert_eq!(
        seen(service.clone(), preflight()).await,
        (StatusCode::OK, false, true),
        "passed on without a token"
    );
    let rejected = seen(service.clone(), request(None, "short")).await;
    assert_eq!(
        rejected,
        (StatusCode::UNAUTHORIZED, false, false),
        "a rejection does not pass the CORS layer"
    );
    assert_eq!(
        seen(service, request(Some(&token()), "short")).await,
        (StatusCode::OK, true, true)
    );
}

#[tokio::test]
async fn above_trace_it_works_with_a_boxed_body() {
    let inner = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(TraceLayer::new_for_http())
        .service(service_fn(answer));
    let service = layer().layer(inner);
    assert_eq!(
        seen(service.clone(), request(None, "")).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        seen(service, request(Some(&token()), "")).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_request_dropped_while_it_waits_for_keys_releases_everything() {
    let held = Held::new();
    let service = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new())
        .layer(held.layer())
        .layer(RequestBodyLimitLayer::new(10))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(service_fn(answer));
    for _ in 0..3 {
        let waiting = tokio::spawn(service.clone().oneshot(request(Some(&token()), "short")));
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.is_err_and(|error| error.is_cancelled()));
    }
    held.release();
    assert_eq!(
        seen(service, request(Some(&token()), "short")).await,
        (StatusCode::OK, true, true)
    );
}
