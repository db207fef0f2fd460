//! The URI of the request (RFC 9449 §4.3 step 9, RFC 3986 §6.2.2 and §6.2.3).

use http::Request;
use tower_jwt_auth::{Dpop, ErrorKind, JwtAuthLayer};

use crate::support::dpop::{
    INVALID_PROOF, bound, client, copy, dpop, errors, expect, layer_with, presented, proof,
};
use crate::support::{ask, block_on, clock};

/// Returns a request for this URI, and a proof for `htu`.
fn to(uri: &str, host: Option<&str>, htu: &str) -> Request<()> {
    let token = bound();
    let proof = client()
        .proof("POST", uri, &token)
        .clock(&clock())
        .claim("htu", htu);
    let mut request = presented(&token, &proof.sign());
    *request.uri_mut() = uri.parse().unwrap();
    if let Some(host) = host {
        request.headers_mut().insert("host", host.parse().unwrap());
    }
    request
}

fn accept(layer: &JwtAuthLayer, request: Request<()>, what: &str) {
    block_on(ask(layer, request)).named(what).accepted();
}

#[test]
fn equal_uris_are_equal_after_normalization() {
    let layer = layer_with(dpop());
    let uri = "https://api.example/a/b%20c/~d";
    for htu in [
        "https://api.example/a/b%20c/~d",
        "HTTPS://API.Example/a/b%20c/~d",
        "https://api.example:443/a/b%20c/~d",
        "https://api.example:/a/b%20c/~d",
        "https://api.example/a/b%20c/%7Ed",
        "https://api.example/a/b%20c/%7ed",
        "https://api.example/a/./b%20c/x/../~d",
        "https://api.example/a/b%20c/~d?query=1",
        "https://api.example/a/b%20c/~d#fragment",
        "https://api.example/a/b%20c/~d?#",
    ] {
        accept(&layer, to(uri, None, htu), htu);
    }
    accept(
        &layer,
        to("https://api.example/", None, "https://api.example"),
        "an empty path",
    );
    let with_query = to(
        "https://api.example/a?access=1",
        None,
        "https://api.example/a",
    );
    accept(&layer, with_query, "the query of the request");
}

#[test]
fn other_uris_are_rejected() {
    let layer = layer_with(dpop());
    let long = format!("https://api.example/{}", "a".repeat(4000));
    for htu in [
        "https://api.example/A",
        "https://api.example/a/",
        "https://api.example//a",
        "https://api.example/%2Fa",
        "https://api.example/a%2F",
        "https://api.example/b",
        "https://api.example/",
        "https://api.example",
        "https://api.example:8443/a",
        "https://api.example:0443/a",
        "https://api.example:65536/a",
        "https://other.example/a",
        "https://api.example.evil/a",
        "https://api.example@evil/a",
        "https://user@api.example/a",
        "https://evil@api.example/a",
        "http://api.example/a",
        "wss://api.example/a",
        "https:api.example/a",
        "https:/api.example/a",
        "//api.example/a",
        "/a",
        "a",
        "",
        "https://api.example\\a",
        "https://api.example/\ta",
        "https://api.example/a\r\n",
        " https://api.example/a",
        "https://api.example/a ",
        "https://api.example/é/../a",
        "https://[::1]/a",
        "https://xn--api-.example/a",
        &long,
    ] {
        expect(
            &layer,
            &to("https://api.example/a", None, htu),
            &INVALID_PROOF,
            htu,
        );
    }
}

#[test]
fn without_an_origin_it_is_https_with_the_authority_of_the_request() {
    let layer = layer_with(dpop());
    // HTTP/1.1: the path and `Host`. HTTP/2, and the absolute form: the authority, whatever `Host`
    // and the scheme say.
    accept(
        &layer,
        to("/a", Some("api.example"), "https://api.example/a"),
        "Host",
    );
    accept(
        &layer,
        to("/a", Some("API.example:443"), "https://api.example/a"),
        "its port",
    );
    let absolute = to(
        "http://api.example/a",
        Some("evil.example"),
        "https://api.example/a",
    );
    accept(&layer, absolute, ":authority");
    let by_host = to(
        "https://api.example/a",
        Some("evil.example"),
        "https://evil.example/a",
    );
    expect(&layer, &by_host, &INVALID_PROOF, "Host beside an authority");
    let plain = to("http://api.example/a", None, "http://api.example/a");
    expect(&layer, &plain, &INVALID_PROOF, "http");
    for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
        accept(
            &layer,
            to("/a", Some(host), &format!("http://{host}/a")),
            host,
        );
    }
}

#[test]
fn a_request_without_an_authority_is_invalid() {
    let layer = layer_with(dpop());
    for host in [None, Some(""), Some("a b"), Some("api.example@evil")] {
        let request = to("/a", host, "https://api.example/a");
        let answer = block_on(ask(&layer, request));
        let got = (answer.status.as_u16(), answer.kind());
        assert_eq!(got, (400, Some(ErrorKind::InvalidRequest)), "{host:?}");
        assert_eq!(
            answer.error.as_ref().unwrap().description(),
            "the request names no host"
        );
        assert!(
            errors(&answer)
                .iter()
                .all(|(_, code)| *code == "invalid_request")
        );
    }
    let mut twice = to("/a", Some("api.example"), "https://api.example/a");
    twice
        .headers_mut()
        .append("host", "api.example".parse().unwrap());
    assert_eq!(block_on(ask(&layer, twice)).status, 400);
}

#[test]
fn with_a_public_origin_no_header_of_the_request_counts() {
    let settings = dpop().public_origin("https://api.example").unwrap();
    let layer = layer_with(settings);
    for host in [
        None,
        Some("10.0.0.1:8080"),
        Some("evil.example"),
        Some("a b"),
    ] {
        accept(
            &layer,
            to("/a", host, "https://api.example/a"),
            &format!("{host:?}"),
        );
    }
    let evil = to("/a", Some("evil.example"), "https://evil.example/a");
    expect(&layer, &evil, &INVALID_PROOF, "Host of another tenant");
    let mut forwarded = to("/a", None, "https://evil.example/a");
    for name in ["x-forwarded-host", "forwarded"] {
        forwarded
            .headers_mut()
            .insert(name, "host=evil.example".parse().unwrap());
    }
    expect(&layer, &forwarded, &INVALID_PROOF, "forwarded");
}

#[test]
fn several_public_origins_are_allowed_and_may_have_a_prefix() {
    let settings = dpop()
        .public_origin("https://api.example/v1")
        .and_then(|settings| settings.public_origin("https://other.example:8443"))
        .unwrap();
    let layer = layer_with(settings);
    accept(
        &layer,
        to("/a", None, "https://api.example/v1/a"),
        "with a prefix",
    );
    accept(
        &layer,
        to("/a", None, "https://other.example:8443/a"),
        "with a port",
    );
    for htu in [
        "https://api.example/a",
        "https://other.example/a",
        "https://api.example/v1a",
    ] {
        expect(&layer, &to("/a", None, htu), &INVALID_PROOF, htu);
    }
}

#[test]
fn the_check_of_the_uri_can_be_replaced_for_clients_that_write_the_path_alone() {
    let settings = dpop().match_uri(|htu, request| htu == request.uri().path());
    let layer = layer_with(settings);
    let request = to("/package.Service/Method", None, "/package.Service/Method");
    accept(&layer, request, "the path");
    let request = to("/package.Service/Method", None, "/package.Service/Other");
    expect(&layer, &request, &INVALID_PROOF, "another path");
}

#[test]
fn a_proof_for_the_token_endpoint_of_the_authorization_server_is_rejected() {
    let layer = layer_with(Dpop::optional());
    let token = bound();
    let proof = proof(&token)
        .claim("htu", "https://login.example/token")
        .without_claim("ath");
    let request = presented(&token, &proof.sign());
    expect(&layer, &copy(&request), &INVALID_PROOF, "/token");
}

#[test]
fn dot_segments_of_a_request_do_not_remove_the_prefix_of_the_origin() {
    let layer = layer_with(
        dpop()
            .public_origin("https://api.example/tenant-a")
            .unwrap(),
    );
    for path in ["/../tenant-b/pay", "/%2e%2e/tenant-b/pay"] {
        for htu in [
            "https://api.example/tenant-b/pay",
            "https://api.example/tenant-a/../tenant-b/pay",
        ] {
            expect(&layer, &to(path, None, htu), &INVALID_PROOF, htu);
        }
        let own = "https://api.example/tenant-a/tenant-b/pay";
        accept(&layer, to(path, None, own), own);
    }
}

/// What the documentation warns of: a proof for another service passes with that service's name.
#[test]
fn without_a_public_origin_the_sender_chooses_the_host() {
    let request = || to("/a", Some("evil.example"), "https://evil.example/a");
    accept(&layer_with(dpop()), request(), "Host");
    let configured = dpop().public_origin("https://api.example").unwrap();
    let layer = layer_with(configured);
    expect(&layer, &request(), &INVALID_PROOF, "public_origin");
}
