//! The responses to probes.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

pub(super) type HealthResponse = Response<Full<Bytes>>;

/// Returns a response with a body in JSON, which is left out for `HEAD`.
pub(super) fn json(status: StatusCode, method: &Method, body: &impl Serialize) -> HealthResponse {
    // Texts, numbers and lists always have a form in JSON.
    let body = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
    let len = body.len();
    let body = if method == Method::HEAD {
        Bytes::new()
    } else {
        body
    };
    let mut response = response(status, body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
    response
}

pub(super) fn wrong_method() -> HealthResponse {
    let mut response = response(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    let allowed = HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(ALLOW, allowed);
    response
}

pub(super) fn not_found() -> HealthResponse {
    response(StatusCode::NOT_FOUND, Bytes::new())
}

fn response(status: StatusCode, body: Bytes) -> HealthResponse {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}
