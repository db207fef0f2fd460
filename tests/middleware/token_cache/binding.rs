//! Tokens that are bound to the client's certificate (RFC 8705 §3.1): the binding is checked for
//! every request, cached or not.

use std::convert::Infallible;

use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::json;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, RequestParts, RequireLayer};

use crate::support::{AUDIENCE, ISSUER, default_key, tokio};
use crate::token_cache::{public, token, with_token_cache};

/// The SHA-256 thumbprint of the client's certificate, as the TLS terminator inserts it.
#[derive(Clone)]
struct Certificate(&'static str);

/// Thumbprints have 43 characters of base64url.
const ALICE: &str = "alice--------------------------------------";
const MALLORY: &str = "mallory------------------------------------";

fn is_bound_to_client(claims: &Claims, parts: &RequestParts<'_>) -> bool {
    let bound = claims.certificate_thumbprint();
    bound.is_some()
        && bound
            == parts
                .extensions()
                .get::<Certificate>()
                .map(|certificate| certificate.0)
}

async fn status(
    layer: &JwtAuthLayer,
    token: &str,
    certificate: Option<&'static str>,
) -> StatusCode {
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let service = layer.layer(RequireLayer::from_fn(is_bound_to_client).layer(inner));
    let mut request = Request::new(());
    request.headers_mut().insert(
        "authorization",
        HeaderValue::try_from(format!("Bearer {token}")).unwrap(),
    );
    if let Some(thumbprint) = certificate {
        request.extensions_mut().insert(Certificate(thumbprint));
    }
    service.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_cached_token_is_rejected_without_its_certificate() {
    let issuer = Issuer::from_keys(ISSUER, public(default_key()), AUDIENCE);
    let issuer = issuer.dangerous_accept_bound_as_bearer();
    let layer = with_token_cache(issuer).build().unwrap();
    let bound = token().claim("cnf", json!({"x5t#S256": ALICE})).sign();
    let unbound = token().sign();
    for _ in 0..2 {
        assert_eq!(status(&layer, &bound, Some(ALICE)).await, StatusCode::OK);
        for certificate in [Some(MALLORY), Some(""), None] {
            assert_eq!(
                status(&layer, &bound, certificate).await,
                StatusCode::FORBIDDEN,
                "{certificate:?}"
            );
        }
        assert_eq!(
            status(&layer, &unbound, Some(ALICE)).await,
            StatusCode::FORBIDDEN
        );
    }
}
