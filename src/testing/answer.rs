//! Requests to an issuer, and honest answers.

use std::fmt;

use bytes::Bytes;
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};

use super::misbehave::misbehave;
use super::provider::{Page, Provider};

pub(super) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Tells hyper to close the connection, now.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut on purpose")
    }
}

impl std::error::Error for Cut {}

pub(super) async fn answer<B>(
    provider: &Provider,
    request: Request<B>,
) -> Result<Response<Body>, Cut> {
    if request.method() != Method::GET {
        return Ok(bare(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Some(mut page) = provider.visit(request.uri().path(), request.headers()) else {
        return Ok(bare(StatusCode::NOT_FOUND));
    };
    match page.fault.take() {
        Some(fault) => misbehave(fault, page, request.headers()).await,
        None => Ok(honest(page, request.headers())),
    }
}

/// The document, or that the client has it already.
pub(super) fn honest(page: Page, request: &HeaderMap) -> Response<Body> {
    if is_known(&page, request) {
        let mut response = bare(StatusCode::NOT_MODIFIED);
        *response.headers_mut() = page.headers;
        return response;
    }
    let body = full(page.body.clone());
    with_body(page, body)
}

pub(super) fn with_body(page: Page, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.headers_mut() = page.headers;
    response
}

pub(super) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}

pub(super) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// RFC 9110 §13.1.2: a list, compared weakly.
fn is_known(page: &Page, request: &HeaderMap) -> bool {
    let Some(current) = page.headers.get(ETAG).and_then(|etag| etag.to_str().ok()) else {
        return false;
    };
    let lists = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|list| list.to_str().ok());
    let mut known = lists
        .flat_map(|list| list.split(','))
        .map(|etag| etag.trim().trim_start_matches("W/"));
    known.any(|etag| etag == "*" || etag == current.trim_start_matches("W/"))
}
