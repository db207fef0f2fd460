//! The certificate of the request is the one that the token is bound to (RFC 8705 §3.1).

use http::Request;
use serde_json::json;
use tower_jwt_auth::{
    CertificateHeader, ClientCertificate, ClientCertificates, ErrorKind, JwtAuthLayer, PeerAddress,
    TokenCacheSettings, TrustedProxies,
};

use crate::support::dpop::{as_grpc, bound_by, copy};
use crate::support::{ask, bearer, block_on, builder, builder_for, encode, issuer, token};

/// Stand for certificates: nothing of them is read.
pub(super) const ALICE: &[u8] = b"0\x05alice";
const MALLORY: &[u8] = b"0\x07mallory";

/// Returns the thumbprint of [`ALICE`] as `x5t#S256`.
pub(super) fn thumbprint() -> String {
    encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, ALICE))
}

fn bound() -> String {
    bound_by(json!({"x5t#S256": thumbprint()}))
}

pub(super) fn with(mut request: Request<()>, certificate: &[u8]) -> Request<()> {
    request
        .extensions_mut()
        .insert(ClientCertificate::from_der(certificate));
    request
}

fn layer(certificates: ClientCertificates) -> JwtAuthLayer {
    builder().mtls(certificates).build().unwrap()
}

fn optional() -> JwtAuthLayer {
    layer(ClientCertificates::from_connection())
}

/// Asserts a rejection with 401 `invalid_token` over HTTP and 16 over gRPC.
fn expect(layer: &JwtAuthLayer, request: &Request<()>, kind: ErrorKind, what: &str) {
    let answer = block_on(ask(layer, copy(request))).named(what);
    answer.invalid_token(kind);
    assert_eq!(answer.claim(), Some("cnf"), "{what}");
    let mut call = as_grpc(request);
    *call.method_mut() = http::Method::POST;
    let answer = block_on(ask(layer, call));
    assert_eq!(answer.header("grpc-status"), Some("16"), "{what}");
    assert_eq!(answer.kind(), Some(kind), "{what}");
}

#[test]
fn a_token_with_its_certificate_is_accepted_as_a_bearer_token() {
    let claims = block_on(ask(&optional(), with(bearer(&bound()), ALICE))).accepted();
    assert_eq!(
        claims.confirmation().certificate_thumbprint(),
        Some(&*thumbprint())
    );
    assert_eq!(claims.confirmation().key_thumbprint(), None);
}

#[test]
fn a_token_with_another_certificate_or_none_is_rejected() {
    let layer = optional();
    let unproven = ErrorKind::UnprovenBinding;
    expect(&layer, &bearer(&bound()), unproven, "none");
    expect(
        &layer,
        &with(bearer(&bound()), MALLORY),
        unproven,
        "another",
    );
    let answer = block_on(ask(&layer, with(bearer(&bound()), MALLORY)));
    let description = "the access token is bound to another certificate than that of the client";
    assert_eq!(answer.attribute("error_description"), Some(description));
    let outcome = block_on(layer.authenticator().authenticate(&bound()));
    assert_eq!(outcome.unwrap_err().kind(), unproven);
}

#[test]
fn a_thumbprint_in_another_text_is_another_one() {
    let layer = optional();
    let thumbprint = thumbprint();
    // The last character has two unused bits, which must be 0.
    let (start, last) = thumbprint.split_at(42);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.find(last).unwrap() + 1;
    let other = format!("{start}{}", &alphabet[next..=next]);
    let token = bound_by(json!({"x5t#S256": other}));
    expect(
        &layer,
        &with(bearer(&token), ALICE),
        ErrorKind::UnprovenBinding,
        "unused bits",
    );
}

#[test]
fn an_unbound_token_is_accepted_unless_bound_ones_are_required() {
    let unbound = token().sign();
    let claims = block_on(ask(&optional(), with(bearer(&unbound), ALICE))).accepted();
    assert!(claims.confirmation().is_none());
    block_on(ask(&optional(), bearer(&unbound))).accepted();
    let required = layer(ClientCertificates::from_connection().required());
    expect(
        &required,
        &with(bearer(&unbound), ALICE),
        ErrorKind::UnboundToken,
        "required",
    );
    block_on(ask(&required, with(bearer(&bound()), ALICE))).accepted();
}

#[test]
fn the_certificate_is_compared_at_every_request_also_of_a_cached_token() {
    let layer = builder()
        .mtls(ClientCertificates::from_connection())
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    let token = bound();
    for _ in 0..3 {
        block_on(ask(&layer, with(bearer(&token), ALICE))).accepted();
        expect(
            &layer,
            &with(bearer(&token), MALLORY),
            ErrorKind::UnprovenBinding,
            "another",
        );
        expect(&layer, &bearer(&token), ErrorKind::UnprovenBinding, "none");
    }
}

#[test]
fn an_unknown_confirmation_method_beside_it_is_rejected() {
    let token = bound_by(json!({"x5t#S256": thumbprint(), "x5t": "1"}));
    expect(
        &optional(),
        &with(bearer(&token), ALICE),
        ErrorKind::UnprovenBinding,
        "x5t",
    );
}

#[test]
fn an_issuer_that_is_trusted_to_send_bound_tokens_as_bearer_tokens_needs_no_certificate() {
    let issuer = || issuer().dangerous_accept_bound_as_bearer();
    let layer = |certificates| builder_for(issuer()).mtls(certificates).build().unwrap();
    let optional = layer(ClientCertificates::from_connection());
    for certificate in [None, Some(MALLORY)] {
        let request = bearer(&bound());
        let request = match certificate {
            Some(certificate) => with(request, certificate),
            None => request,
        };
        let claims = block_on(ask(&optional, request)).accepted();
        assert!(claims.confirmation().is_none(), "nothing is proven");
    }
    let proven = block_on(ask(&optional, with(bearer(&bound()), ALICE))).accepted();
    assert!(!proven.confirmation().is_none());
    let required = layer(ClientCertificates::from_connection().required());
    expect(
        &required,
        &bearer(&bound()),
        ErrorKind::UnprovenBinding,
        "required",
    );
}

#[test]
fn a_proxys_header_counts_from_a_trusted_proxy_only_and_once() {
    let proxies = TrustedProxies::networks(["10.0.0.0/8"]).unwrap();
    let layer = layer(ClientCertificates::from_header(
        CertificateHeader::client_cert(),
        proxies,
    ));
    let standard = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, ALICE);
    let request = |peer: [u8; 4], values: &[&str]| {
        let mut request = bearer(&bound());
        for value in values {
            request
                .headers_mut()
                .append("client-cert", value.parse().unwrap());
        }
        request
            .extensions_mut()
            .insert(PeerAddress::Ip(peer.into()));
        request
    };
    let value = format!(":{standard}:");
    block_on(ask(&layer, request([10, 0, 0, 1], &[&value]))).accepted();
    let unproven = ErrorKind::UnprovenBinding;
    expect(
        &layer,
        &request([192, 0, 2, 7], &[&value]),
        unproven,
        "a stranger",
    );
    expect(&layer, &request([10, 0, 0, 1], &[]), unproven, "no header");
    expect(&layer, &request([10, 0, 0, 1], &["x"]), unproven, "garbage");
    expect(
        &layer,
        &with(request([10, 0, 0, 1], &[]), ALICE),
        unproven,
        "of the connection",
    );
    let twice = block_on(ask(&layer, request([10, 0, 0, 1], &[&value, &value])));
    twice.invalid_request();
    let description = "the client's certificate was given more than once";
    assert_eq!(twice.attribute("error_description"), Some(description));
}
