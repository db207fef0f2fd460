//! Responses of an issuer without a fault.

use std::fmt;

use bytes::Bytes;
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};

use super::faulty_response::faulty_response;
use super::provider::{Document, Provider};

pub(super) type Body = UnsyncBoxBody<Bytes, Disconnect>;

/// An error that makes hyper close the connection at once.
#[derive(Debug)]
pub(super) struct Disconnect;

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the test issuer closes the connection")
    }
}

impl std::error::Error for Disconnect {}

pub(super) async fn respond<B>(
    provider: &Provider,
    request: Request<B>,
) -> Result<Response<Body>, Disconnect> {
    if request.method() != Method::GET {
        return Ok(empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Some(mut document) = provider.fetch(request.uri().path(), request.headers()) else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    match document.fault.take() {
        Some(fault) => faulty_response(fault, document, request.headers()).await,
        None => Ok(document_response(document, request.headers())),
    }
}

/// Returns the document, or 304 if the client has it.
pub(super) fn document_response(document: Document, request: &HeaderMap) -> Response<Body> {
    if is_not_modified(&document, request) {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        *response.headers_mut() = document.headers;
        return response;
    }
    let body = full(document.body.clone());
    with_body(document, body)
}

/// Returns the headers of the document with another body.
pub(super) fn with_body(document: Document, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.headers_mut() = document.headers;
    response
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}

pub(super) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// `If-None-Match` is a list, compared weakly (RFC 9110 §13.1.2).
fn is_not_modified(document: &Document, request: &HeaderMap) -> bool {
    let Some(current) = document
        .headers
        .get(ETAG)
        .and_then(|etag| etag.to_str().ok())
    else {
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
