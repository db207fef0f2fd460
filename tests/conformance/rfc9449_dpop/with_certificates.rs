//! Certificates beside DPoP: a token that is bound to both must prove both.

use http::Request;
use serde_json::json;
use tower_jwt_auth::{ClientCertificate, ClientCertificates, ErrorKind, JwtAuthLayer};

use crate::support::dpop::{
    INVALID_PROOF, UNBOUND, bound, bound_by, builder_with, client, dpop, expect, post_with,
    presented, proof, required,
};
use crate::support::{ask, block_on, encode, token};

/// Stands for a certificate: nothing of it is read.
const ALICE: &[u8] = b"alice";

fn thumbprint() -> String {
    encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, ALICE))
}

fn with(mut request: Request<()>, certificate: &[u8]) -> Request<()> {
    let certificate = ClientCertificate::from_der(certificate);
    request.extensions_mut().insert(certificate);
    request
}

fn layer() -> JwtAuthLayer {
    builder_with(dpop())
        .mtls(ClientCertificates::from_connection())
        .build()
        .unwrap()
}

fn bound_to_both() -> String {
    bound_by(json!({"jkt": client().thumbprint(), "x5t#S256": thumbprint()}))
}

#[test]
fn a_token_that_is_bound_to_both_must_prove_both() {
    let layer = layer();
    let token = bound_to_both();
    let request = || presented(&token, &proof(&token).sign());
    let claims = block_on(ask(&layer, with(request(), ALICE))).accepted();
    assert!(claims.confirmation().key_thumbprint().is_some());
    assert!(claims.confirmation().certificate_thumbprint().is_some());
    let answer = block_on(ask(&layer, request()));
    assert_eq!(
        answer.kind(),
        Some(ErrorKind::UnprovenBinding),
        "no certificate"
    );
    let without_proof = with(presented(&token, "x"), ALICE);
    expect(&layer, &without_proof, &INVALID_PROOF, "no proof");
    let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
    let answer = block_on(ask(&layer, with(bearer, ALICE)));
    assert_eq!(answer.kind(), Some(ErrorKind::UnprovenBinding), "as Bearer");
}

#[test]
fn a_certificate_bound_token_of_the_scheme_dpop_is_not_bound_to_a_key() {
    let layer = layer();
    let token = bound_by(json!({"x5t#S256": thumbprint()}));
    let request = with(presented(&token, &proof(&token).sign()), ALICE);
    expect(&layer, &request, &UNBOUND, "no jkt");
    let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
    block_on(ask(&layer, with(bearer, ALICE))).accepted();
}

#[test]
fn where_only_one_binding_is_configured_a_token_with_both_is_rejected() {
    let token = bound_to_both();
    let only_dpop = builder_with(dpop()).build().unwrap();
    let request = with(presented(&token, &proof(&token).sign()), ALICE);
    let answer = block_on(ask(&only_dpop, request));
    assert_eq!(answer.kind(), Some(ErrorKind::UnprovenBinding));
    let certificates = ClientCertificates::from_connection();
    let only_mtls = crate::support::builder()
        .mtls(certificates)
        .build()
        .unwrap();
    let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
    let answer = block_on(ask(&only_mtls, with(bearer, ALICE)));
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[test]
fn where_both_are_required_a_token_must_be_bound_to_both() {
    let certificates = ClientCertificates::from_connection().required();
    let layer = builder_with(required()).mtls(certificates).build().unwrap();
    let key_only = bound();
    let request = with(presented(&key_only, &proof(&key_only).sign()), ALICE);
    expect(&layer, &request, &UNBOUND, "no certificate");
    let certificate_only = bound_by(json!({"x5t#S256": thumbprint()}));
    let bearer = post_with(&[("authorization", &format!("Bearer {certificate_only}"))]);
    expect(&layer, &with(bearer, ALICE), &UNBOUND, "no key");
    let unbound = post_with(&[("authorization", &format!("Bearer {}", token().sign()))]);
    expect(&layer, &with(unbound, ALICE), &UNBOUND, "neither");
    let both = bound_to_both();
    let request = with(presented(&both, &proof(&both).sign()), ALICE);
    block_on(ask(&layer, request)).accepted();
}
