//! gRPC: the method is POST, and the URL that of the gRPC method.

use http::{Request, Version};
use tower_jwt_auth::ErrorKind;

use crate::support::dpop::{as_grpc, bound, client, dpop, errors, layer_with, presented, valid};
use crate::support::{ask, block_on, clock};

const METHOD: &str = "http://api.example/shop.Orders/List";

/// Returns a call over HTTP/2 without TLS, as behind a proxy: `:scheme` is `http`.
fn call(method: &str, htu: &str) -> Request<()> {
    let token = bound();
    let proof = client().proof(method, htu, &token).clock(&clock());
    let mut request = presented(&token, &proof.sign());
    *request.uri_mut() = METHOD.parse().unwrap();
    as_grpc(&request)
}

#[test]
fn a_call_with_a_proof_for_its_method_is_accepted() {
    let layer = layer_with(dpop());
    let request = call("POST", "https://api.example/shop.Orders/List");
    assert_eq!(request.version(), Version::HTTP_2);
    block_on(ask(&layer, request)).accepted();
}

#[test]
fn a_proof_for_another_method_or_with_the_path_alone_is_rejected() {
    let layer = layer_with(dpop());
    for (method, htu) in [
        ("POST", "https://api.example/shop.Orders/Delete"),
        ("POST", "https://api.example/shop.orders/List"),
        ("POST", "http://api.example/shop.Orders/List"),
        ("POST", "/shop.Orders/List"),
        ("GET", "https://api.example/shop.Orders/List"),
    ] {
        let answer = block_on(ask(&layer, call(method, htu)));
        assert_eq!(answer.header("grpc-status"), Some("16"), "{htu}");
        assert_eq!(errors(&answer), [("DPoP", "invalid_dpop_proof")], "{htu}");
    }
}

#[test]
fn two_entries_of_the_metadata_are_rejected() {
    let layer = layer_with(dpop());
    let mut two = as_grpc(&valid());
    two.headers_mut().append("dpop", "x".parse().unwrap());
    let answer = block_on(ask(&layer, two));
    assert_eq!(answer.kind(), Some(ErrorKind::InvalidDpopProof));
    let mut two = as_grpc(&valid());
    let bearer = format!("Bearer {}", bound());
    two.headers_mut()
        .append("authorization", bearer.parse().unwrap());
    let answer = block_on(ask(&layer, two));
    assert_eq!(answer.header("grpc-status"), Some("3"));
}

/// A request by gRPC-Web or Connect, over HTTP/1.1, with a proof for this method and URL.
fn web(method: &str, path: &str, content_type: &str, proven: (&str, &str)) -> Request<()> {
    let token = bound();
    let proof = client().proof(proven.0, proven.1, &token).clock(&clock());
    let mut request = presented(&token, &proof.sign());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = format!("http://api.example{path}").parse().unwrap();
    let content_type = content_type.parse().unwrap();
    request.headers_mut().insert("content-type", content_type);
    request
}

#[test]
fn the_proofs_of_grpc_web_and_connect_are_for_the_method_and_the_url_without_its_query() {
    let layer = layer_with(dpop());
    let url = "https://api.example/shop.Orders/List";
    let path = "/shop.Orders/List";
    let query = "/shop.Orders/List?encoding=json&message=%7B%7D";
    for (method, path, content_type) in [
        ("POST", path, "application/grpc-web+proto"),
        ("POST", path, "application/grpc-web-text"),
        ("POST", path, "application/connect+proto"),
        ("POST", path, "application/json"),
        ("GET", query, "application/json"),
    ] {
        let request = web(method, path, content_type, (method, url));
        block_on(ask(&layer, request))
            .named(content_type)
            .accepted();
        let other = if method == "GET" { "POST" } else { "GET" };
        let request = web(method, path, content_type, (other, url));
        let answer = block_on(ask(&layer, request));
        assert_eq!(
            answer.kind(),
            Some(ErrorKind::InvalidDpopProof),
            "{content_type}"
        );
    }
}
