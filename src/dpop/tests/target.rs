//! `htu`: the URL of the request, as the service knows it.

use http::{Request, Version};
use serde_json::json;

use super::forwarded::{X_FORWARDED, forwarded, proxies};
use super::support::{Client, NOW, build, is_accepted, reason, seconds, verifier};
use crate::dpop::{Dpop, ProofError, ProofVerifier};

/// Returns whether a proof with this `htu` is accepted.
pub(super) fn accepts<B>(verifier: &ProofVerifier, htu: &str, request: &Request<B>) -> bool {
    let client = Client::p256();
    let htm = request.method().as_str();
    let claims = super::support::changed(super::support::claims(), "htm", Some(json!(htm)));
    let claims = super::support::changed(claims, "htu", Some(json!(htu)));
    let proof = client.sign(&client.header().to_string(), &claims.to_string());
    let outcome = client.verify_request(verifier, &proof, request, seconds(NOW));
    let accepted = is_accepted(&outcome);
    if !accepted {
        let reason = reason(outcome);
        assert!(reason.starts_with("htu"), "{reason}");
    }
    accepted
}

fn get(uri: &str, host: Option<&str>) -> Request<()> {
    let mut request = Request::get(uri);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    request.body(()).unwrap()
}

fn origin(origin: &str) -> Dpop {
    Dpop::optional().public_origin(origin).unwrap()
}

#[test]
fn query_and_fragment_of_both_are_ignored_and_both_are_normalized() {
    let request = get("https://api.example.com/a%2db/c?x=1", None);
    for htu in [
        "https://api.example.com/a-b/c",
        "https://api.example.com/a-b/c?x=1",
        "https://api.example.com/a-b/c?y=2#z",
        "HTTPS://API.EXAMPLE.COM:443/%61-b/./d/../c",
        "https://api.example.com:/a%2Db/c",
    ] {
        assert!(accepts(&verifier(), htu, &request), "{htu}");
    }
    for htu in [
        "https://api.example.com/a-b/c/",
        "https://api.example.com/a-b//c",
        "https://api.example.com/A-b/c",
        "https://api.example.com/a-b%2Fc",
        "https://api.example.com/",
        "https://api.example.com:8443/a-b/c",
        "https://api.example.com.evil/a-b/c",
        "https://evil.example/a-b/c",
        "http://api.example.com/a-b/c",
        "https://user@api.example.com/a-b/c",
        "https://api.example.com@evil.example/a-b/c",
        "https://api.example.com:0443/a-b/c",
        "https://api.example.com:65536/a-b/c",
        "https:api.example.com/a-b/c",
        "//api.example.com/a-b/c",
        "/a-b/c",
        "wss://api.example.com/a-b/c",
        "https://api.example.com\\a-b/c",
        "https://api.example.com/a-b/c ",
        "https://api.example.com/a-b/c\n",
        "",
    ] {
        assert!(!accepts(&verifier(), htu, &request), "{htu}");
    }
}

#[test]
fn an_empty_path_is_a_slash_and_an_escaped_slash_is_none() {
    assert!(accepts(
        &verifier(),
        "https://a.example",
        &get("https://a.example/", None)
    ));
    assert!(accepts(
        &verifier(),
        "https://a.example?q",
        &get("https://a.example/?q", None)
    ));
    let escaped = get("https://a.example/b%2fc", None);
    assert!(accepts(&verifier(), "https://a.example/b%2Fc", &escaped));
    assert!(!accepts(&verifier(), "https://a.example/b/c", &escaped));
    assert!(!accepts(&verifier(), "https://a.example/b%252Fc", &escaped));
}

#[test]
fn without_a_configuration_the_url_is_https_with_the_authority_and_the_path() {
    for request in [
        get("https://api.example.com/a", None),
        // A server behind a proxy that terminates TLS sees this.
        get("http://api.example.com/a", None),
        get("/a", Some("api.example.com")),
        get("/a", Some("API.example.com:443")),
        // The authority of the target precedes `Host`.
        get("https://api.example.com/a", Some("evil.example")),
    ] {
        assert!(
            accepts(&verifier(), "https://api.example.com/a", &request),
            "{request:?}"
        );
        assert!(
            !accepts(&verifier(), "http://api.example.com/a", &request),
            "{request:?}"
        );
    }
    for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
        let request = get("/a", Some(host));
        assert!(
            accepts(&verifier(), &format!("http://{host}/a"), &request),
            "{host}"
        );
        assert!(
            accepts(&verifier(), &format!("https://{host}/a"), &request),
            "{host}"
        );
    }
}

#[test]
fn a_request_without_an_authority_is_told_apart() {
    let client = Client::p256();
    let two = Request::get("/a").header("host", "a").header("host", "a");
    for request in [
        get("/a", None),
        get("/a", Some("")),
        get("/a", Some("user@api.example.com")),
        get("/a", Some("a b")),
        get("/a", Some("a, b")),
        two.body(()).unwrap(),
    ] {
        let outcome = client.verify_request(&verifier(), &client.proof(), &request, seconds(NOW));
        assert_eq!(outcome.err(), Some(ProofError::NoAuthority), "{request:?}");
    }
}

#[test]
fn with_a_public_origin_no_header_of_the_request_counts() {
    let verifier = build(origin("https://api.example.com"));
    let request = Request::get("/a")
        .header("host", "internal:8080")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=http");
    let request = request.body(()).unwrap();
    assert!(accepts(&verifier, "https://api.example.com/a", &request));
    for htu in [
        "https://internal:8080/a",
        "https://evil.example/a",
        "http://evil.example/a",
    ] {
        assert!(!accepts(&verifier, htu, &request), "{htu}");
    }
    assert!(accepts(
        &verifier,
        "https://api.example.com/a",
        &get("/a", None)
    ));
}

#[test]
fn several_public_origins_are_each_accepted_with_their_prefix() {
    let dpop = origin("https://api.example.com/v1/").public_origin("https://eu.example:8443");
    let verifier = build(dpop.unwrap());
    let request = get("/a", Some("internal"));
    for htu in ["https://api.example.com/v1/a", "https://eu.example:8443/a"] {
        assert!(accepts(&verifier, htu, &request), "{htu}");
    }
    for htu in [
        "https://api.example.com/a",
        "https://api.example.com/v1/v1/a",
        "https://eu.example:8443/v1/a",
        "https://eu.example/a",
        "https://api.example.com/v1a",
    ] {
        assert!(!accepts(&verifier, htu, &request), "{htu}");
    }
}

#[test]
fn the_path_may_come_from_another_uri_than_that_of_the_request() {
    #[derive(Clone)]
    struct OriginalUri(http::Uri);
    let dpop = origin("https://api.example.com").proof_uri(|request| {
        let original = request.extensions().get::<OriginalUri>();
        original.map_or(request.uri(), |original| &original.0)
    });
    let verifier = build(dpop);
    let nested = Request::get("/a").extension(OriginalUri("/nest/a?q".parse().unwrap()));
    let nested = nested.body(()).unwrap();
    assert!(accepts(
        &verifier,
        "https://api.example.com/nest/a",
        &nested
    ));
    assert!(!accepts(&verifier, "https://api.example.com/a", &nested));
    assert!(accepts(
        &verifier,
        "https://api.example.com/a",
        &get("/a", None)
    ));
}

#[test]
fn a_predicate_may_decide_in_place_of_the_comparison() {
    let verifier = build(Dpop::optional().match_uri(|htu, request| htu == request.uri().path()));
    let request = get("/kas.AccessService/Rewrap", None);
    assert!(accepts(&verifier, "/kas.AccessService/Rewrap", &request));
    assert!(!accepts(&verifier, "/kas.AccessService/Other", &request));
    let path_only = "/kas.AccessService/Rewrap";
    let with_host = get(path_only, Some("api.example.com"));
    assert!(!accepts(&super::support::verifier(), path_only, &with_host));
}

#[test]
fn a_grpc_method_is_post_and_its_url_whatever_scheme_the_wire_says() {
    for scheme in ["http", "https"] {
        let uri = format!("{scheme}://api.example.com/package.Service/Method");
        let request = Request::post(uri)
            .version(Version::HTTP_2)
            .body(())
            .unwrap();
        let htu = "https://api.example.com/package.Service/Method";
        assert!(accepts(&verifier(), htu, &request), "{scheme}");
        assert!(!accepts(&verifier(), "/package.Service/Method", &request));
        assert!(!accepts(
            &verifier(),
            "https://api.example.com/package.Service",
            &request
        ));
    }
}

#[test]
fn the_reason_says_how_the_url_was_composed_and_nothing_of_the_request() {
    let client = Client::p256();
    let proof = client.with_claim("htu", Some(json!("https://secret.example/secret")));
    let request = forwarded(Some([10, 1, 2, 3]), &X_FORWARDED);
    for (dpop, expected) in [
        (
            Dpop::optional(),
            "htu differs from https (or http on loopback) with the authority and path of the \
             request",
        ),
        (
            origin("https://a.example"),
            "htu differs from every public_origin with the path",
        ),
        (
            Dpop::optional().trusted_proxies(proxies()),
            "htu differs from what the trusted proxy forwarded and the path",
        ),
    ] {
        let outcome = client.verify_request(&build(dpop), &proof, &request, seconds(NOW));
        assert_eq!(reason(outcome), expected);
    }
}
