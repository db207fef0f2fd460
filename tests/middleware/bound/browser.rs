//! Scripts of other origins that use DPoP, below a CORS layer.

use std::convert::Infallible;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_http::cors::CorsLayer;
use tower_jwt_auth::{DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS};

use crate::support::block_on;
use crate::support::dpop::{layer_with, valid, with_nonces};

const ORIGIN: &str = "https://app.example";

fn send(mut request: Request<()>) -> Response<String> {
    let headers = DPOP_REQUEST_HEADERS.into_iter().chain([CONTENT_TYPE]);
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static(ORIGIN))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers(DPOP_RESPONSE_HEADERS);
    let layers = ServiceBuilder::new()
        .layer(cors)
        .layer(layer_with(with_nonces()));
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    request
        .headers_mut()
        .insert("origin", ORIGIN.parse().unwrap());
    block_on(layers.service(inner).oneshot(request)).unwrap()
}

/// Returns the names in a list of headers.
fn names<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let list = headers[name].to_str().unwrap();
    list.split(',').map(str::trim).collect()
}

/// The layers of the guide. A script that sends JSON asks for its header, too.
#[test]
fn a_preflight_allows_the_headers_of_a_proof_and_the_methods_of_json() {
    for method in ["POST", "PUT"] {
        let asked = "authorization,content-type,dpop";
        let preflight = Request::options("https://api.example/orders")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", asked)
            .body(())
            .unwrap();
        let response = send(preflight);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN);
        let headers = names(response.headers(), "access-control-allow-headers");
        assert_eq!(headers, ["authorization", "dpop", "content-type"]);
        let methods = names(response.headers(), "access-control-allow-methods");
        assert!(methods.contains(&method), "{methods:?}");
    }
}

#[test]
fn a_script_can_read_the_challenge_and_the_nonce() {
    let response = send(valid());
    assert_eq!(response.status(), 401);
    let exposed = names(response.headers(), "access-control-expose-headers");
    assert_eq!(exposed, ["www-authenticate", "dpop-nonce"]);
    for name in exposed {
        assert!(response.headers().contains_key(name), "{name}");
    }
}
