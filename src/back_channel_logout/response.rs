//! The responses of the endpoint (OpenID Connect Back-Channel Logout 1.0 §2.8).

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use super::form::NoToken;
use crate::error::{Error, ErrorClass};

pub(super) type LogoutResponse = Response<Full<Bytes>>;

/// The members of RFC 6749 §5.2.
#[derive(Serialize)]
struct Body<'b> {
    error: &'static str,
    error_description: &'b str,
}

pub(super) fn logged_out() -> LogoutResponse {
    response(StatusCode::OK, Bytes::new())
}

pub(super) fn wrong_method() -> LogoutResponse {
    let mut response = response(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

pub(super) fn no_token(reason: NoToken) -> LogoutResponse {
    match reason {
        NoToken::Invalid(description) => {
            error(StatusCode::BAD_REQUEST, "invalid_request", description)
        }
        NoToken::TooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the body has more than 64 KiB",
        ),
    }
}

/// Returns the response to a token that was rejected. Nothing of it is in the description.
pub(super) fn rejected(rejection: &Error) -> LogoutResponse {
    let description = rejection.description();
    let description = description.replace("access token", "logout token");
    let description = match rejection.claim() {
        Some(claim) => format!("{description}: {claim}"),
        None => description,
    };
    if rejection.class() != ErrorClass::Unavailable {
        return error(StatusCode::BAD_REQUEST, "invalid_request", &description);
    }
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = error(status, "temporarily_unavailable", &description);
    if let Some(wait) = rejection.retry_after() {
        let seconds = wait.as_secs().max(1);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn error(status: StatusCode, error: &'static str, error_description: &str) -> LogoutResponse {
    let body = Body {
        error,
        error_description,
    };
    // Two texts always have a form in JSON.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = response(status, body.into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn response(status: StatusCode, body: Bytes) -> LogoutResponse {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}
