//! The default response: the challenge of RFC 6750, or the status of a gRPC call.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use super::dpop_nonce::add_nonce_of;
use super::rejection::NO_STORE;
use super::www_authenticate::add_challenges;
use super::{RejectionResponse, grpc};
use crate::error::{Error, ErrorClass};
use crate::request::{LayerContext, RequestParts};

/// The response of RFC 6750 §3, without a body. The default [`RejectionResponse`].
///
/// | error | status | `WWW-Authenticate` |
/// |---|---|---|
/// | no token | 401 | `Bearer` |
/// | different tokens in two places, or a header or parameter given twice | 400 | `error="invalid_request"` |
/// | invalid token | 401 | `error="invalid_token"` |
/// | missing scope, or rejected by a predicate | 403 | `error="insufficient_scope"`, with `scope="…"` if scopes are required |
/// | the user must authenticate again (RFC 9470) | 401 | `error="insufficient_user_authentication"`, with `acr_values="…"`, `max_age="…"`, and `scope="…"` if scopes are missing, too |
/// | keys or a check unavailable | 503, `Retry-After` | none |
///
/// Each has `Cache-Control: no-store`. With [`resource`](crate::JwtAuthBuilder::resource), each
/// challenge also has `resource_metadata`, the URL of the metadata (RFC 9728 §5.1), and those of
/// 401 have the `scope` that the request needs, where that is known.
///
/// With [`dpop`](crate::JwtAuthBuilder::dpop), there is a challenge of the scheme `DPoP`, too, in a
/// field of its own, with the algorithms of proofs in `algs` (RFC 9449 §7):
///
/// | request | `WWW-Authenticate` |
/// |---|---|
/// | no token | `Bearer` and `DPoP`, without an error |
/// | different tokens in two places, or a header or parameter given twice | both, with the error |
/// | token with the scheme `DPoP` | `DPoP` alone, with the error: also `invalid_dpop_proof`, and `use_dpop_nonce` with the header `DPoP-Nonce` |
/// | other token | `Bearer` with the error, and `DPoP` without |
/// | any, where DPoP is required | `DPoP` alone |
///
/// The status is that of the error's [class](Error::class), also for an error of your own. `error`
/// comes with an `error_description`, which gRPC clients get as `grpc-message`.
///
/// gRPC requests get HTTP status 200 and a Trailers-Only response with the same headers, which gRPC
/// clients show as metadata:
///
/// | error | `grpc-status` |
/// |---|---|
/// | no token, invalid token, the user must authenticate again | 16 `UNAUTHENTICATED` |
/// | different tokens in two places, or a header or parameter given twice | 3 `INVALID_ARGUMENT` |
/// | missing scope, or rejected by a predicate | 7 `PERMISSION_DENIED` |
/// | keys or a check unavailable | 14 `UNAVAILABLE` |
///
/// A gRPC request is a `POST` over HTTP/2 or later with `te: trailers` and content type
/// `application/grpc`, or a `POST` with content type `application/grpc-web` or
/// `application/grpc-web-text`, with or without a suffix such as `+proto`. The response has the
/// same content type without parameters; other suffixes than `+proto` and `+json` are left out.
/// Browsers that use gRPC-Web across origins need a CORS layer above this one that exposes
/// `grpc-status` and `grpc-message`, and for details `grpc-status-details-bin`. Without CORS, those
/// of other origins read no header of a rejection: see [`guides::browsers`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/browsers/).
///
/// So a caller can choose to be rejected with HTTP status 200. Where that matters, see
/// [`grpc_responses`](crate::JwtAuthBuilder::grpc_responses) and
/// [`grpc_paths`](crate::JwtAuthBuilder::grpc_paths), and count rejections by the [`Error`] in the
/// extensions of the response, not by the status.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    realm: Option<Arc<str>>,
}

impl Challenge {
    /// Returns a challenge with the realm of the layer.
    #[must_use]
    pub const fn new() -> Self {
        Self { realm: None }
    }

    /// Sets the realm, which names the protected area (RFC 9110 §11.5). Default: that of the layer
    /// which rejects the request, or above what rejects it
    /// ([`JwtAuthBuilder::realm`](crate::JwtAuthBuilder::realm)).
    ///
    /// Keeps printable ASCII other than `"` and `\`. Other characters are left out.
    #[must_use]
    pub fn realm(mut self, realm: &str) -> Self {
        self.realm = Some(quotable(realm));
        self
    }

    /// Returns the HTTP status of an error.
    #[must_use]
    pub const fn status(error: &Error) -> StatusCode {
        match error.class() {
            ErrorClass::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorClass::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorClass::Forbidden => StatusCode::FORBIDDEN,
            ErrorClass::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the gRPC status code of an error.
    #[must_use]
    pub const fn grpc_status(error: &Error) -> u16 {
        grpc::code(error.class())
    }

    /// Returns the headers of the response to an error: `WWW-Authenticate`, `DPoP-Nonce` where the
    /// client is to use one, and `Retry-After` where the error says when to try again. Knows no
    /// request, so no realm of a layer and no algorithms of proofs. Names the metadata of the
    /// resource only for errors of [`Claims::require`](crate::Claims::require) and
    /// [`require_scopes`](crate::Claims::require_scopes).
    #[must_use]
    pub fn headers(&self, error: &Error) -> HeaderMap {
        let mut headers = HeaderMap::new();
        self.add_headers(error, None, &mut headers);
        headers
    }

    fn add_headers(&self, error: &Error, layer: Option<&LayerContext>, headers: &mut HeaderMap) {
        let of_layer = || layer?.settings().realm.as_ref();
        let realm = self.realm.as_ref().or_else(of_layer);
        add_challenges(error, realm.map(AsRef::as_ref), layer, headers);
        add_nonce_of(error, headers);
        if let Some(wait) = error.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
    }
}

impl<ResBody: Default> RejectionResponse<ResBody> for Challenge {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody> {
        let mut response = Response::new(ResBody::default());
        match grpc::content_type(request) {
            Some(content_type) => {
                grpc::add_status(error, content_type, response.headers_mut());
            }
            None => *response.status_mut() = Self::status(error),
        }
        self.add_headers(error, request.layer(), response.headers_mut());
        response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        response
    }
}

/// Returns the wait in seconds, rounded up. At least one: all callers would retry at once after 0.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

/// Returns the characters that a quoted parameter can hold.
pub(crate) fn quotable(text: &str) -> Arc<str> {
    let quotable = text.chars().filter(|character| is_quotable(*character));
    quotable.collect::<String>().into()
}

/// Returns whether a quoted parameter can hold the character: %x20-21 / %x23-5B / %x5D-7E (RFC 6750
/// §3).
pub(crate) const fn is_quotable(character: char) -> bool {
    matches!(character, ' '..='~') && !matches!(character, '"' | '\\')
}
