//! The request for the document, and its response (RFC 9728 §3).

use http::{Method, Request, Response};
use serde_json::json;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Issuer, JwtAuthLayer, ResourceMetadata};

use super::{PATH, RESOURCE, builder, document, get, issuer, layer_with, metadata, send};
use crate::support::{bearer, block_on, builder_for, default_key, key_set};

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .unwrap()
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    let mut values = response.headers().get_all(name).iter();
    let value = values.next().map(|value| value.to_str().unwrap());
    assert!(values.next().is_none(), "{name} occurs twice");
    value
}

#[test]
fn c1_the_layer_responds_without_a_token_with_json_that_may_be_cached() {
    let layer = builder().require_scopes(["a"]).build().unwrap();
    let response = send(&layer, get(PATH));
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    assert_eq!(
        header(&response, "cache-control"),
        Some("public, max-age=3600")
    );
    assert_eq!(header(&response, "www-authenticate"), None);
    let len = response.body().len().to_string();
    assert_eq!(header(&response, "content-length"), Some(&*len));
    assert_eq!(document(&layer)["resource"], json!(RESOURCE));
    // Everything else is protected.
    for path in ["/", "/mcp", "/.well-known/oauth-protected-resource"] {
        assert_eq!(send(&layer, get(path)).status(), 401, "{path}");
    }
}

#[test]
fn c1_an_invalid_token_does_not_matter_there() {
    let mut request = bearer("invalid");
    *request.uri_mut() = PATH.parse().unwrap();
    assert_eq!(send(&builder().build().unwrap(), request).status(), 200);
}

#[test]
fn c1_a_head_request_gets_the_same_headers_and_no_body() {
    let layer = builder().build().unwrap();
    let (get, head) = (send(&layer, get(PATH)), send(&layer, request("HEAD", PATH)));
    assert_eq!(head.status(), 200);
    assert_eq!(get.headers(), head.headers());
    assert!(head.body().is_empty());
}

#[test]
fn c1_other_methods_are_not_allowed_and_do_not_reach_the_service() {
    let layer = builder().build().unwrap();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        let response = send(&layer, request(method, PATH));
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(header(&response, "allow"), Some("GET, HEAD, OPTIONS"));
        assert!(response.body().is_empty());
    }
}

#[test]
fn c2_the_path_is_that_of_the_identifier_behind_the_well_known_one() {
    let at = "/.well-known/oauth-protected-resource";
    for (resource, path, others) in [
        ("https://h", at.to_owned(), [format!("{at}/")]),
        ("https://h/", at.to_owned(), [format!("{at}/")]),
        ("https://h/mcp", format!("{at}/mcp"), [format!("{at}/mcp/")]),
        (
            "https://h/mcp/",
            format!("{at}/mcp/"),
            [format!("{at}/mcp")],
        ),
        ("https://h/a/b", format!("{at}/a/b"), [format!("{at}/a")]),
        (
            "https://h/m?x=1",
            format!("{at}/m?x=1"),
            [format!("{at}/m")],
        ),
    ] {
        let layer = layer_with(ResourceMetadata::new(resource));
        let response = send(&layer, get(&path));
        assert_eq!(response.status(), 200, "{resource}");
        let found: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(found["resource"], json!(resource));
        for other in others {
            assert_eq!(send(&layer, get(&other)).status(), 401, "{resource}");
        }
        let metadata = layer.metadata_service().unwrap();
        let url = format!("https://h{path}");
        assert_eq!(metadata.url(), url, "{resource}");
        assert_eq!(Some(&*metadata.path()), path.split('?').next());
    }
}

#[test]
fn a_query_is_ignored_if_the_identifier_has_none() {
    let layer = builder().build().unwrap();
    assert_eq!(send(&layer, get(&format!("{PATH}?x=1"))).status(), 200);
}

#[test]
fn a_client_that_has_the_document_gets_304() {
    let layer = builder().build().unwrap();
    let first = send(&layer, get(PATH));
    let etag = header(&first, "etag").unwrap();
    for (sent, status) in [
        (etag.to_owned(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"other\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (etag.replace('"', ""), 200),
        (String::new(), 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder().method(&method).uri(PATH);
            let request = request.header("if-none-match", &sent).body(()).unwrap();
            let response = send(&layer, request);
            assert_eq!(response.status(), status, "{method} {sent}");
            assert_eq!(header(&response, "etag"), Some(etag));
            assert_eq!(
                header(&response, "cache-control"),
                header(&first, "cache-control")
            );
            let has_body = status == 200 && method == Method::GET;
            assert_eq!(response.body().is_empty(), !has_body);
        }
    }
}

#[test]
fn the_etag_is_that_of_the_text() {
    let etag = |layer: &JwtAuthLayer| {
        let response = send(layer, get(PATH));
        header(&response, "etag").unwrap().to_owned()
    };
    let one = builder().build().unwrap();
    assert_eq!(etag(&one), etag(&builder().build().unwrap()));
    assert_ne!(etag(&one), etag(&layer_with(metadata().name("x"))));
}

#[test]
fn c6_scripts_of_every_origin_may_read_it() {
    let layer = builder().build().unwrap();
    for (method, status) in [("GET", 200), ("HEAD", 200), ("POST", 405), ("OPTIONS", 204)] {
        let response = send(&layer, request(method, PATH));
        assert_eq!(response.status(), status, "{method}");
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
    }
    let preflight = Request::options(PATH)
        .header("origin", "https://inspector.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version");
    let response = send(&layer, preflight.body(()).unwrap());
    assert_eq!(response.status(), 204);
    let allowed = header(&response, "access-control-allow-methods");
    assert_eq!(allowed, Some("GET, HEAD, OPTIONS"));
    assert_eq!(header(&response, "access-control-allow-headers"), Some("*"));
    assert_eq!(header(&response, "allow"), Some("GET, HEAD, OPTIONS"));
}

#[test]
fn the_document_follows_issuers_that_are_added_and_removed() {
    let layer = builder().build().unwrap();
    let servers = || document(&layer)["authorization_servers"].clone();
    assert_eq!(servers(), json!(["https://issuer.example"]));
    let other = Issuer::from_keys("https://other.example", key_set([default_key()]), RESOURCE);
    layer.issuers().add(other).unwrap();
    assert_eq!(
        servers(),
        json!(["https://issuer.example", "https://other.example"])
    );
    assert!(layer.issuers().remove("https://issuer.example"));
    assert_eq!(servers(), json!(["https://other.example"]));
}

#[test]
fn a_body_of_another_type_is_made_as_the_settings_say_or_left_to_the_service() {
    /// A body that the crate does not know.
    #[derive(Default, Debug, PartialEq)]
    struct Own(String);

    let ask = |layer: &JwtAuthLayer, path: &str| {
        let inner = service_fn(|_: Request<()>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Own("inner".to_owned())))
        });
        block_on(layer.layer(inner).oneshot(get(path))).unwrap()
    };
    let made = metadata().response_body(|bytes| Own(String::from_utf8(bytes.into()).unwrap()));
    let response = ask(&layer_with(made), PATH);
    assert!(response.body().0.contains(RESOURCE));
    let layer = builder().build().unwrap();
    assert_eq!(ask(&layer, PATH).into_body(), Own("inner".to_owned()));
    assert_eq!(ask(&layer, "/").status(), 401);
}

#[test]
fn without_a_resource_the_path_is_protected_as_every_other() {
    let layer = builder_for(Issuer::from_keys(
        "https://issuer.example",
        key_set([default_key()]),
        RESOURCE,
    ));
    let layer = layer.build().unwrap();
    assert_eq!(send(&layer, get(PATH)).status(), 401);
    let error = layer.metadata_service().unwrap_err();
    assert!(error.to_string().contains("JwtAuthBuilder::resource"));
}

#[test]
fn predicate_uri_says_which_path_is_compared() {
    let uri: http::Uri = PATH.parse().unwrap();
    let layer = builder_for(issuer()).resource(metadata());
    let layer = layer.predicate_uri(|request| request.extensions().get().unwrap_or(request.uri()));
    let layer = layer.build().unwrap();
    let mut request = get("/stripped");
    request.extensions_mut().insert(uri);
    assert_eq!(send(&layer, request).status(), 200);
    assert_eq!(send(&layer, get("/stripped")).status(), 401);
}
