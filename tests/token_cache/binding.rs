//! A token that is bound to its client's certificate (RFC 8705 §3.1): that it is his is looked at with every request.

use std::convert::Infallible;

use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::json;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, JwtAuthLayer, RequestParts, RequireLayer};

use crate::{builder, token};

/// The SHA-256 thumbprint of the certificate that the client has shown, as who ends its TLS leaves it.
#[derive(Clone)]
struct Certificate(&'static str);

fn is_bearers(claims: &Claims, head: &RequestParts<'_>) -> bool {
    let bound = claims
        .get("cnf")
        .and_then(|cnf| cnf.get("x5t#S256")?.as_str());
    bound.is_some() && bound == head.extensions().get::<Certificate>().map(|shown| shown.0)
}

async fn ask(layer: &JwtAuthLayer, token: &str, shown: Option<&'static str>) -> StatusCode {
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let service = layer.layer(RequireLayer::from_fn(is_bearers).layer(inner));
    let mut request = Request::new(());
    request.headers_mut().insert(
        "authorization",
        HeaderValue::try_from(format!("Bearer {token}")).unwrap(),
    );
    if let Some(shown) = shown {
        request.extensions_mut().insert(Certificate(shown));
    }
    service.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn who_has_a_remembered_token_and_not_its_certificate_is_refused() {
    let layer = builder().build().unwrap();
    let bound = token().claim("cnf", json!({"x5t#S256": "alices"})).sign();
    let unbound = token().sign();
    for _ in 0..2 {
        assert_eq!(ask(&layer, &bound, Some("alices")).await, StatusCode::OK);
        for shown in [Some("mallorys"), Some(""), None] {
            assert_eq!(
                ask(&layer, &bound, shown).await,
                StatusCode::FORBIDDEN,
                "{shown:?}"
            );
        }
        assert_eq!(
            ask(&layer, &unbound, Some("alices")).await,
            StatusCode::FORBIDDEN
        );
    }
}
