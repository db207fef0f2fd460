//! The middleware. actix-web 4 has the types of `http` 0.2, and this crate those of `http` 1, so
//! requests and headers are converted.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpResponse, web};
use tower_jwt_auth::{Authenticator, Challenge, Error, RequestParts};

/// Passes requests with a valid token on, with its claims for `ReqData<Claims>`. Rejects others
/// with the challenge of RFC 6750.
pub(crate) async fn require_token(
    auth: web::Data<Authenticator>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let outcome = match converted(&request) {
        Ok(converted) => {
            auth.authenticate_request(&RequestParts::from(&converted))
                .await
        }
        // Neither a URI nor a header that one version of `http` accepts is invalid in the other.
        Err(error) => return Err(actix_web::error::ErrorBadRequest(error)),
    };
    match outcome {
        Ok(authenticated) => {
            request.extensions_mut().insert(authenticated.into_claims());
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(error) => Ok(request.into_response(rejection(&error))),
    }
}

/// Returns the request without its body. Sets method, URI and headers, which is what bearer tokens
/// and DPoP proofs need. Checks that look at the extensions need more, such as the address of the
/// peer for [`tower_jwt_auth::TrustedProxies`].
fn converted(request: &ServiceRequest) -> Result<http::Request<()>, http::Error> {
    let mut converted = http::Request::builder()
        .method(request.method().as_str())
        .uri(request.uri().to_string());
    for (name, value) in request.headers() {
        converted = converted.header(name.as_str(), value.as_bytes());
    }
    converted.body(())
}

fn rejection(error: &Error) -> HttpResponse {
    let status = StatusCode::from_u16(Challenge::status(error).as_u16());
    let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
    let mut response = HttpResponse::build(status);
    for (name, value) in &Challenge::new().headers(error) {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.append_header((name, value));
        }
    }
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.finish()
}
