//! `htu`: the URL of the request as a trusted proxy has forwarded it.

use http::Request;

use super::support::{Client, NOW, build, reason, seconds};
use super::target::accepts;
use crate::dpop::{Dpop, ForwardedFields, ProofError};
use crate::request::{PeerAddress, TrustedProxies};

pub(super) fn proxies() -> TrustedProxies {
    TrustedProxies::networks(["10.0.0.0/8"]).unwrap()
}

pub(super) fn forwarded(peer: Option<[u8; 4]>, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get("/a").header("host", "internal");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(peer) = peer {
        request = request.extension(PeerAddress::Ip(peer.into()));
    }
    request.body(()).unwrap()
}

pub(super) const X_FORWARDED: [(&str, &str); 3] = [
    ("x-forwarded-proto", "http, https"),
    ("x-forwarded-host", "evil.example, api.example.com"),
    ("x-forwarded-prefix", "/v1"),
];

#[test]
fn a_trusted_proxy_says_how_it_was_called_and_its_last_value_counts() {
    let verifier = build(Dpop::optional().trusted_proxies(proxies()));
    let request = forwarded(Some([10, 1, 2, 3]), &X_FORWARDED);
    assert!(accepts(&verifier, "https://api.example.com/v1/a", &request));
    for htu in [
        "https://api.example.com/a",
        "https://evil.example/v1/a",
        "http://api.example.com/v1/a",
        "https://internal/a",
    ] {
        assert!(!accepts(&verifier, htu, &request), "{htu}");
    }
    // What the proxy does not say stays as it is.
    let proto = forwarded(Some([10, 1, 2, 3]), &[("x-forwarded-proto", "http")]);
    assert!(accepts(&verifier, "http://internal/a", &proto));
    assert!(!accepts(&verifier, "https://internal/a", &proto));
}

#[test]
fn headers_of_another_peer_or_of_an_unknown_one_are_ignored() {
    let verifier = build(Dpop::optional().trusted_proxies(proxies()));
    for peer in [Some([192, 0, 2, 1]), None] {
        let request = forwarded(peer, &X_FORWARDED);
        assert!(
            accepts(&verifier, "https://internal/a", &request),
            "{peer:?}"
        );
        assert!(
            !accepts(&verifier, "https://api.example.com/v1/a", &request),
            "{peer:?}"
        );
    }
    let request = forwarded(Some([10, 1, 2, 3]), &X_FORWARDED);
    assert!(!accepts(
        &super::support::verifier(),
        "https://api.example.com/v1/a",
        &request
    ));
}

#[test]
fn only_the_configured_kind_of_header_counts() {
    let x_forwarded = build(Dpop::optional().trusted_proxies(proxies()));
    let standard = Dpop::optional().trusted_proxies(proxies());
    let standard = build(standard.forwarded_fields(ForwardedFields::Forwarded));
    let both = [
        ("forwarded", "host=standard.example;proto=https"),
        ("x-forwarded-host", "x.example"),
        ("x-forwarded-prefix", "/x"),
    ];
    let request = forwarded(Some([10, 1, 2, 3]), &both);
    assert!(accepts(&standard, "https://standard.example/a", &request));
    assert!(accepts(&x_forwarded, "https://x.example/x/a", &request));
    assert!(!accepts(&standard, "https://x.example/x/a", &request));
    assert!(!accepts(
        &x_forwarded,
        "https://standard.example/a",
        &request
    ));
}

#[test]
fn an_invalid_header_of_a_trusted_proxy_is_rejected() {
    let client = Client::p256();
    let verifier = build(Dpop::optional().trusted_proxies(proxies()));
    for header in [
        ("x-forwarded-proto", "ftp"),
        ("x-forwarded-prefix", "https://evil"),
    ] {
        let request = forwarded(Some([10, 1, 2, 3]), &[header]);
        let outcome = client.verify_request(&verifier, &client.proof(), &request, seconds(NOW));
        assert_eq!(
            reason(outcome),
            "a header of a trusted proxy is invalid",
            "{header:?}"
        );
    }
    let request = forwarded(Some([10, 1, 2, 3]), &[("x-forwarded-host", "a@b")]);
    let outcome = client.verify_request(&verifier, &client.proof(), &request, seconds(NOW));
    assert_eq!(outcome.err(), Some(ProofError::NoAuthority));
}
