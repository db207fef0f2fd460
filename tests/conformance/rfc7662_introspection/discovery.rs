//! The endpoint and its methods from the issuer's metadata (RFC 8414 §2).

use serde_json::{Value, json};
use tower_jwt_auth::{ErrorKind, IntrospectionCredentials, Issuer, JwtAuthLayer};

use super::endpoint::{Asked, Endpoint, SECRET, URL};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ask, bearer, builder_for};

const METADATA: &str = "https://issuer.example/.well-known/openid-configuration";

fn layer(endpoint: &Endpoint, credentials: IntrospectionCredentials) -> JwtAuthLayer {
    let issuer = Issuer::introspection_discovery(ISSUER, credentials, AUDIENCE);
    builder_for(issuer.http_client(endpoint.client()))
        .build()
        .unwrap()
}

fn publishing(metadata: &Value) -> Endpoint {
    let endpoint = Endpoint::new();
    endpoint.page(METADATA, metadata);
    endpoint
}

async fn asked(methods: Value, credentials: IntrospectionCredentials) -> Asked {
    let endpoint = publishing(&json!({
        "issuer": ISSUER, "introspection_endpoint": URL,
        "introspection_endpoint_auth_methods_supported": methods,
    }));
    ask(&layer(&endpoint, credentials), bearer("token"))
        .await
        .accepted();
    endpoint.asked().remove(0)
}

// 3
#[tokio::test(start_paused = true)]
async fn the_endpoint_is_the_one_that_the_metadata_names() {
    let other = "https://issuer.example/other/introspect";
    let endpoint = publishing(&json!({"issuer": ISSUER, "introspection_endpoint": other}));
    let layer = layer(&endpoint, Endpoint::credentials());
    for token in ["one", "two"] {
        ask(&layer, bearer(token)).await.accepted();
    }
    assert!(endpoint.asked().iter().all(|asked| asked.uri == other));
}

#[tokio::test(start_paused = true)]
async fn the_method_is_the_one_that_the_metadata_lists() {
    let either = || IntrospectionCredentials::client_secret("me", SECRET);
    for methods in [
        json!(null),
        json!(["client_secret_basic", "client_secret_post"]),
        json!(["private_key_jwt"]),
        json!("client_secret_post"),
    ] {
        let asked = asked(methods, either()).await;
        assert!(asked.headers.contains_key("authorization"));
        assert!(!asked.body.contains("client_secret"));
    }
    let methods = json!(["private_key_jwt", "client_secret_post"]);
    let posted = asked(methods.clone(), either()).await;
    assert_eq!(posted.form()["client_secret"], SECRET);
    assert!(!posted.headers.contains_key("authorization"));
    // One that is set is used whatever the metadata says.
    let basic = asked(methods, Endpoint::credentials()).await;
    assert!(basic.headers.contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_certificate_asks_the_alias_of_the_endpoint() {
    let alias = "https://mtls.issuer.example/introspect";
    for (aliases, certified) in [
        (json!({"introspection_endpoint": alias}), alias),
        (json!({"token_endpoint": alias}), URL),
        (json!({}), URL),
        (json!([alias]), URL),
        (json!({"introspection_endpoint": 1}), URL),
    ] {
        let endpoint = publishing(&json!({
            "issuer": ISSUER, "introspection_endpoint": URL, "mtls_endpoint_aliases": aliases,
        }));
        for (credentials, expected) in [
            (IntrospectionCredentials::mutual_tls("me"), certified),
            (Endpoint::credentials(), URL),
        ] {
            let layer = layer(&endpoint, credentials);
            ask(&layer, bearer("token")).await.accepted();
            let asked = endpoint.asked().pop().unwrap();
            assert_eq!(asked.uri, expected, "{aliases}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_that_is_not_secure_is_an_outage() {
    let plain = "http://mtls.issuer.example/introspect";
    let endpoint = publishing(&json!({
        "issuer": ISSUER, "introspection_endpoint": URL,
        "mtls_endpoint_aliases": {"introspection_endpoint": plain},
    }));
    let layer = layer(&endpoint, IntrospectionCredentials::mutual_tls("me"));
    let answer = ask(&layer, bearer("token")).await;
    answer.rejected(503, None, ErrorKind::IntrospectionUnavailable);
    assert_eq!(endpoint.questions(), 0);
}

#[tokio::test(start_paused = true)]
async fn metadata_without_a_usable_endpoint_is_an_outage() {
    for metadata in [
        json!({"issuer": ISSUER}),
        json!({"issuer": ISSUER, "introspection_endpoint": 1}),
        json!({"issuer": "https://other.example", "introspection_endpoint": URL}),
        json!({"issuer": ISSUER, "introspection_endpoint": "http://issuer.example/introspect"}),
        json!({"issuer": ISSUER, "introspection_endpoint": "https://169.254.169.254/introspect"}),
        json!({"issuer": ISSUER, "introspection_endpoint": "https://u:p@issuer.example/"}),
        json!([]),
    ] {
        let endpoint = publishing(&metadata);
        let layer = layer(&endpoint, Endpoint::credentials());
        let answer = ask(&layer, bearer("token")).await.named(&metadata);
        answer.rejected(503, None, ErrorKind::IntrospectionUnavailable);
        assert_eq!(endpoint.questions(), 0);
    }
}
