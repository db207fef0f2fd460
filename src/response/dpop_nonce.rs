//! The header `DPoP-Nonce` (RFC 9449 §8, §9), and the headers that scripts need for DPoP.

use http::Response;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};

use super::cache_control::make_uncacheable;
use crate::error::Error;
use crate::request::DPOP_HEADER;

pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The request headers that a CORS layer must allow, so that scripts of other origins can use DPoP
/// (RFC 9449 §7.1): `authorization` and `dpop`.
///
/// # Examples
///
/// ```
/// use tower_http::cors::{AllowOrigin, CorsLayer};
/// use tower_jwt_auth::{DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS};
///
/// let app = "https://app.example.com".parse().expect("an origin");
/// let cors = CorsLayer::new()
///     .allow_origin(AllowOrigin::exact(app))
///     .allow_headers(DPOP_REQUEST_HEADERS)
///     .expose_headers(DPOP_RESPONSE_HEADERS);
/// # drop(cors);
/// ```
pub const DPOP_REQUEST_HEADERS: [HeaderName; 2] = [AUTHORIZATION, DPOP_HEADER];

/// The response headers that a CORS layer must expose, so that scripts of other origins can use
/// DPoP (RFC 9449 §8): `www-authenticate` and `dpop-nonce`. See [`DPOP_REQUEST_HEADERS`].
pub const DPOP_RESPONSE_HEADERS: [HeaderName; 2] = [WWW_AUTHENTICATE, DPOP_NONCE];

/// Adds the nonce that the client is to use, unless the response has one.
pub(super) fn add_nonce_of(error: &Error, headers: &mut HeaderMap) {
    let Some(nonce) = error.dpop_nonce() else {
        return;
    };
    // A nonce is always a valid header value.
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        headers.entry(DPOP_NONCE).or_insert(nonce);
    }
}

/// Adds the nonce that the client is to use from now on, and makes the response uncacheable (RFC
/// 9449 §8.2). Does not change a response of a service that has a nonce of its own.
pub(crate) fn add_nonce<B>(mut response: Response<B>, nonce: HeaderValue) -> Response<B> {
    let headers = response.headers_mut();
    if !headers.contains_key(DPOP_NONCE) {
        headers.insert(DPOP_NONCE, nonce);
        make_uncacheable(headers);
    }
    response
}
