//! Sets of paths: what they contain, and what is rejected as one.

use http::Request;
use tower_jwt_auth::{ConfigError, ConfigErrorKind, Paths};

use crate::support::tokio;
use crate::support::{ask, bearer, builder, request, token};

fn at(path: &str) -> Request<()> {
    let mut request = request(&[]);
    *request.uri_mut() = path.parse().unwrap();
    request
}

fn methods(names: &[&str]) -> Paths {
    Paths::grpc_methods(names.iter().copied()).unwrap()
}

#[test]
fn exact_paths_are_compared_byte_by_byte() {
    let paths = Paths::exact(["/healthz", "/caf%C3%A9"]).unwrap();
    assert!(paths.contains("/healthz") && paths.contains("/caf%C3%A9"));
    for other in [
        "/Healthz",
        "/healthz/",
        "/healthz/live",
        "//healthz",
        "/./healthz",
        "/a/../healthz",
        "/healthz;x",
        "/%68ealthz",
        "/healthz%20",
        "/caf%c3%a9",
        "/",
        "",
    ] {
        assert!(!paths.contains(other), "{other:?}");
    }
}

#[test]
fn a_prefix_ends_at_a_slash() {
    let paths = Paths::prefix(["/public"]).unwrap();
    for below in ["/public", "/public/", "/public/logo.svg", "/public//x"] {
        assert!(paths.contains(below), "{below:?}");
    }
    for other in [
        "/publications",
        "/public.svg",
        "/Public/x",
        "/a/public/x",
        "/publi",
    ] {
        assert!(!paths.contains(other), "{other:?}");
    }
    let below = Paths::prefix(["/public/"]).unwrap();
    assert!(below.contains("/public/x") && !below.contains("/public"));
    assert!(Paths::prefix(["/"]).unwrap().contains("/anything"));
}

// The documentation says so: nothing is collapsed.
#[test]
fn dot_segments_below_a_prefix_are_below_it() {
    assert!(
        Paths::prefix(["/public"])
            .unwrap()
            .contains("/public/../admin")
    );
}

#[test]
fn services_and_methods_are_compared_as_a_whole() {
    assert!(methods(&["demo.Greeter"]).contains("/demo.Greeter/Hello"));
    assert!(methods(&["demo.Greeter/Hello"]).contains("/demo.Greeter/Hello"));
    let paths = methods(&["demo.Greeter", "demo.Other/Hello"]);
    for other in [
        "/demo.Greeter",
        "/demo.Greeter/",
        "//demo.Greeter/Hello",
        "/demo.Greeter/Hello/",
        "/x/demo.Greeter/Hello",
        "/demo.Greeter2/Hello",
        "/demo.Gree/Hello",
        "/demo.greeter/Hello",
        "/demo.Greeter%2FHello",
        "/demo.Other/HelloAgain",
        "/demo.Other/Hell",
        "/demo.Other/hello",
        "/demo.Greeter/../secret/X",
        "/",
        "//",
    ] {
        assert!(!paths.contains(other), "{other:?}");
    }
}

#[track_caller]
fn assert_invalid(paths: Result<Paths, ConfigError>, named: &str) {
    let error = paths.unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert!(error.to_string().contains(named), "{error}");
}

#[test]
fn what_no_request_has_as_its_path_is_rejected() {
    for path in [
        "",
        "healthz",
        "*",
        "/a?b",
        "/a#b",
        "/a b",
        "/café",
        "/a\n",
        "http://host/a",
    ] {
        let shown = format!("{path:?}");
        assert_invalid(Paths::exact(["/healthz", path]), &shown);
        assert_invalid(Paths::prefix([path]), &shown);
    }
    for name in [
        "",
        "/",
        "a/",
        "/a",
        "/demo.Greeter/Hello",
        "a/b/c",
        "demo Greeter",
        "a/*",
    ] {
        assert_invalid(Paths::grpc_methods([name]), &format!("{name:?}"));
    }
    let none: [&str; 0] = [];
    assert_invalid(Paths::exact(none), "Paths::exact is empty");
    assert_invalid(Paths::prefix(none), "Paths::prefix is empty");
    assert_invalid(Paths::grpc_methods(none), "Paths::grpc_methods is empty");
}

#[tokio::test]
async fn only_requests_for_skipped_paths_are_exempt() {
    let open = Paths::exact(["/healthz"]).unwrap();
    let layer = builder()
        .skip_paths(open.or(Paths::prefix(["/public"]).unwrap()))
        .skip_paths(methods(&["grpc.health.v1.Health"]))
        .build()
        .unwrap();
    for path in [
        "/healthz",
        "/healthz?verbose",
        "http://api.example/healthz",
        "/public/x",
        "/grpc.health.v1.Health/Check",
    ] {
        ask(&layer, at(path)).await.passed();
    }
    for path in ["/healthz/", "/other?/healthz", "/publications"] {
        ask(&layer, at(path)).await.named(path).no_token();
    }
    let mut exempt = bearer(&token().sign());
    *exempt.uri_mut() = "/healthz".parse().unwrap();
    ask(&layer, exempt).await.passed();
}
