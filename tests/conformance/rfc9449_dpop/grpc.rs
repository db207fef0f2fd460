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
