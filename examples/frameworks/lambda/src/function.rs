//! The function.

use lambda_http::{Body, Error, Request, Response};
use tower::{Layer as _, Service, service_fn};
use tower_jwt_auth::{Claims, JwtAuthLayer};

/// Returns the function, which only requests with a valid token reach.
pub(crate) fn protected(
    auth: &JwtAuthLayer,
) -> impl Service<Request, Response = Response<Body>, Error = Error, Future: Send> + Clone {
    auth.layer(service_fn(hello))
}

async fn hello(request: Request) -> Result<Response<Body>, Error> {
    let claims = request.extensions().get::<Claims>();
    let subject = claims.and_then(|claims| claims.subject());
    let text = format!("hello {}\n", subject.unwrap_or("anonymous"));
    Ok(Response::new(text.into()))
}
