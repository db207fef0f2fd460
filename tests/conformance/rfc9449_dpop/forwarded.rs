//! The URI of the request behind trusted proxies, and no other peer.

use std::net::IpAddr;

use http::Request;
use tower_jwt_auth::{Dpop, ForwardedFields, PeerAddress, TrustedProxies};

use crate::support::dpop::{INVALID_PROOF, bound, client, dpop, expect, layer_with, presented};
use crate::support::{ask, block_on, clock};

const PROXY: &str = "10.1.2.3";

fn behind() -> Dpop {
    dpop().trusted_proxies(TrustedProxies::networks(["10.0.0.0/8"]).unwrap())
}

/// Returns a request of a proxy for `/a` with these headers, and a proof for `htu`.
fn from(peer: Option<&str>, headers: &[(&str, &str)], htu: &str) -> Request<()> {
    let token = bound();
    let proof = client()
        .proof("POST", "/a", &token)
        .clock(&clock())
        .claim("htu", htu);
    let mut request = presented(&token, &proof.sign());
    *request.uri_mut() = "/a".parse().unwrap();
    request
        .headers_mut()
        .insert("host", "inside.example".parse().unwrap());
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    if let Some(peer) = peer {
        let address: IpAddr = peer.parse().unwrap();
        request.extensions_mut().insert(PeerAddress::from(address));
    }
    request
}

const FORWARDED: [(&str, &str); 3] = [
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "api.example"),
    ("x-forwarded-prefix", "/v1"),
];

#[test]
fn what_a_trusted_proxy_says_is_the_uri() {
    let layer = layer_with(behind());
    let request = from(Some(PROXY), &FORWARDED, "https://api.example/v1/a");
    block_on(ask(&layer, request)).accepted();
    // The rightmost value is the one that the nearest proxy has added.
    let chain = [("x-forwarded-host", "evil.example, api.example")];
    let request = from(Some(PROXY), &chain, "https://api.example/a");
    block_on(ask(&layer, request)).accepted();
    let request = from(Some(PROXY), &chain, "https://evil.example/a");
    expect(&layer, &request, &INVALID_PROOF, "the first value");
}

#[test]
fn what_anyone_else_says_is_ignored() {
    let layer = layer_with(behind());
    for peer in [
        None,
        Some("192.0.2.7"),
        Some("::1"),
        Some("::ffff:192.0.2.7"),
    ] {
        let request = from(peer, &FORWARDED, "https://api.example/v1/a");
        expect(&layer, &request, &INVALID_PROOF, &format!("{peer:?}"));
        let request = from(peer, &FORWARDED, "https://inside.example/a");
        block_on(ask(&layer, request)).named(peer).accepted();
    }
    // Without the setting, no peer is trusted.
    let request = from(Some(PROXY), &FORWARDED, "https://api.example/v1/a");
    expect(&layer_with(dpop()), &request, &INVALID_PROOF, "no setting");
    // An IPv4-mapped address is that of IPv4.
    let request = from(
        Some("::ffff:10.1.2.3"),
        &FORWARDED,
        "https://api.example/v1/a",
    );
    block_on(ask(&layer, request)).accepted();
}

#[test]
fn the_fields_of_the_other_form_are_ignored() {
    let forwarded = (
        "forwarded",
        "for=192.0.2.7;host=\"api.example\";proto=https",
    );
    let request = || from(Some(PROXY), &[forwarded], "https://api.example/a");
    let by_forwarded = behind().forwarded_fields(ForwardedFields::Forwarded);
    block_on(ask(&layer_with(by_forwarded.clone()), request())).accepted();
    expect(
        &layer_with(behind()),
        &request(),
        &INVALID_PROOF,
        "Forwarded",
    );
    let other = from(Some(PROXY), &FORWARDED, "https://api.example/v1/a");
    expect(
        &layer_with(by_forwarded),
        &other,
        &INVALID_PROOF,
        "X-Forwarded",
    );
}
