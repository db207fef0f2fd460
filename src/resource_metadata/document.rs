//! The document, and the responses that contain it (RFC 9728 §3.2).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_NONE_MATCH,
};
use http::{Method, Response, StatusCode};
use serde_json::{Map, Value};

use crate::crypto::sha256;
use crate::encoding::header_list;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// A response whose body is not converted to the type of the service yet.
pub(super) type DocumentResponse = Response<Option<Bytes>>;

/// The metadata at one time.
pub(super) struct Document {
    body: Bytes,
    /// A hash of the text, so it is the same in every process.
    etag: Box<str>,
    cache_control: HeaderValue,
}

impl Document {
    pub(super) fn new(members: &Map<String, Value>, max_age: Duration) -> Self {
        // A map of values always has a form in JSON.
        let body = serde_json::to_vec(members).unwrap_or_default();
        let hash = sha256(&[&body]);
        let cache_control = format!("public, max-age={}", max_age.as_secs());
        Self {
            body: body.into(),
            etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash)).into(),
            // Made of digits and letters, so valid.
            cache_control: HeaderValue::try_from(cache_control)
                .unwrap_or(HeaderValue::from_static("public")),
        }
    }

    /// Returns the response to a `GET` or `HEAD`.
    pub(super) fn respond(&self, method: &Method, headers: &HeaderMap) -> DocumentResponse {
        let is_known = self.is_known(headers);
        let status = if is_known {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        };
        let mut response = response(status);
        let fields = response.headers_mut();
        fields.insert(CACHE_CONTROL, self.cache_control.clone());
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            fields.insert(ETAG, etag);
        }
        if !is_known {
            let json = HeaderValue::from_static("application/json");
            fields.insert(CONTENT_TYPE, json);
            fields.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
            *response.body_mut() = (method != Method::HEAD).then(|| self.body.clone());
        }
        response
    }

    /// Returns whether the client has this document (RFC 9110 §13.1.2): the comparison is weak.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(IF_NONE_MATCH).iter();
        let mut tags = values.flat_map(|value| header_list::members(value.as_bytes()));
        tags.any(|tag| {
            let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
            tag == b"*" || opaque == self.etag.as_bytes()
        })
    }
}

/// Returns the response to `OPTIONS`, also as a preflight of CORS: browsers send one if a script
/// adds a header, such as that of a protocol's version.
pub(super) fn options() -> DocumentResponse {
    let mut response = response(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ANY);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}

/// Returns the response to a method that the document does not have.
pub(super) fn wrong_method() -> DocumentResponse {
    let mut response = response(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

/// Returns a response that scripts of every origin may read: the document is public.
fn response(status: StatusCode) -> DocumentResponse {
    let mut response = Response::new(None);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    response
}
