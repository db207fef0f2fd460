//! The members of the document (RFC 9728 §2).

use http::HeaderName;
use serde_json::{Value, json};
use tower_jwt_auth::{
    Algorithm, Audience, ClientCertificates, Dpop, Issuer, JwtAuthBuilder, TokenSource,
};

use super::{RESOURCE, builder, document, for_resource, issuer, layer_with, metadata};
use crate::support::{ISSUER, block_on, builder_for, default_key, key, key_set};

fn of(builder: JwtAuthBuilder) -> Value {
    document(&builder.build().unwrap())
}

#[test]
fn the_configuration_of_the_layer_is_in_the_document() {
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!(of(builder()), expected);
}

#[test]
fn members_that_are_set_are_in_the_document() {
    let metadata = metadata()
        .authorization_servers(["https://as.example", "https://as.example/b"])
        .scopes(["mcp:tools", "mcp:read", "mcp:tools"])
        .name("Tools")
        .name_in("de", "Werkzeuge")
        .name_in("pt-BR", "Ferramentas")
        .documentation("https://h.example/docs")
        .documentation_in("de", "https://h.example/de/docs")
        .policy_uri("https://h.example/policy")
        .policy_uri_in("de", "https://h.example/de/policy")
        .tos_uri("https://h.example/tos")
        .tos_uri_in("de", "https://h.example/de/tos")
        .jwks_uri("https://h.example/jwks")
        .signing_algorithms(["ES256"])
        .authorization_details_types(["payment"])
        .signed_metadata("eyJhIjoxfQ.e30.c2ln")
        .add_member("x_region", "eu")
        .add_member("x_region", "us")
        .add_member("x_none", Value::Null)
        .add_member("x_empty", json!([]));
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": ["https://as.example", "https://as.example/b"],
        "scopes_supported": ["mcp:tools", "mcp:read"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Tools",
        "resource_name#de": "Werkzeuge",
        "resource_name#pt-BR": "Ferramentas",
        "resource_documentation": "https://h.example/docs",
        "resource_documentation#de": "https://h.example/de/docs",
        "resource_policy_uri": "https://h.example/policy",
        "resource_policy_uri#de": "https://h.example/de/policy",
        "resource_tos_uri": "https://h.example/tos",
        "resource_tos_uri#de": "https://h.example/de/tos",
        "jwks_uri": "https://h.example/jwks",
        "resource_signing_alg_values_supported": ["ES256"],
        "authorization_details_types_supported": ["payment"],
        "signed_metadata": "eyJhIjoxfQ.e30.c2ln",
        "x_region": "us",
    });
    assert_eq!(document(&layer_with(metadata)), expected);
}

#[test]
fn empty_arrays_are_left_out() {
    let none: [&str; 0] = [];
    let empty = metadata()
        .scopes(none)
        .signing_algorithms(none)
        .authorization_details_types(none);
    assert_eq!(document(&layer_with(empty)), of(builder()));
}

#[test]
fn required_scopes_are_supported_ones_too() {
    let resource = metadata().scopes(["b", "a", "c"]);
    let builder = builder_for(issuer()).resource(resource);
    let found = of(builder.require_scopes(["a"]));
    assert_eq!(found["scopes_supported"], json!(["a", "b", "c"]));
    let found = of(super::builder().require_scopes(["a", "d"]));
    assert_eq!(found["scopes_supported"], json!(["a", "d"]));
}

#[test]
fn the_bearer_methods_are_those_of_the_token_sources() {
    let header = HeaderName::from_static("authorization");
    let other = HeaderName::from_static("x-token");
    let scheme = |scheme| TokenSource::header_with_scheme(header.clone(), scheme).unwrap();
    for (sources, methods) in [
        (vec![TokenSource::authorization()], json!(["header"])),
        (vec![scheme("bearer")], json!(["header"])),
        (
            vec![
                TokenSource::authorization(),
                TokenSource::query("access_token"),
            ],
            json!(["header", "query"]),
        ),
        (vec![TokenSource::query("access_token")], json!(["query"])),
        (vec![TokenSource::query("jwt")], Value::Null),
        (vec![scheme("JWT")], Value::Null),
        (vec![TokenSource::header(other)], Value::Null),
        (vec![TokenSource::cookie("session").unwrap()], Value::Null),
    ] {
        let label = format!("{sources:?}");
        let found = of(builder().token_sources(sources));
        assert_eq!(found["bearer_methods_supported"], methods, "{label}");
    }
}

#[test]
fn dpop_algorithms_are_in_the_metadata() {
    let dpop = Dpop::optional().algorithms([Algorithm::ES256, Algorithm::Ed25519]);
    let found = of(builder().dpop(dpop));
    let algorithms = &found["dpop_signing_alg_values_supported"];
    assert!(algorithms.as_array().unwrap().contains(&json!("ES256")));
    assert!(algorithms.as_array().unwrap().len() >= 2, "{algorithms}");
    assert_eq!(found["dpop_bound_access_tokens_required"], Value::Null);
    assert_eq!(found["bearer_methods_supported"], json!(["header"]));
    let without = of(builder());
    assert_eq!(without["dpop_signing_alg_values_supported"], Value::Null);
}

#[test]
fn required_dpop_is_in_the_metadata() {
    let found = of(builder().dpop(Dpop::required()));
    assert_eq!(found["dpop_bound_access_tokens_required"], json!(true));
    // No bearer token is accepted.
    assert_eq!(found["bearer_methods_supported"], Value::Null);
}

#[test]
fn tokens_that_are_bound_to_certificates_are_in_the_metadata() {
    let certificates = ClientCertificates::from_connection;
    for certificates in [certificates(), certificates().required()] {
        let found = of(builder().mtls(certificates));
        let member = &found["tls_client_certificate_bound_access_tokens"];
        assert_eq!(member, &json!(true));
    }
    let found = of(builder());
    let member = &found["tls_client_certificate_bound_access_tokens"];
    assert_eq!(member, &Value::Null);
}

#[test]
fn the_document_contains_nothing_internal() {
    let secret = key(Algorithm::HS256);
    let shared = || Issuer::from_keys("https://internal.example", key_set([secret]), RESOURCE);
    let named = Issuer::from_keys("internal", key_set([key(Algorithm::RS256)]), RESOURCE);
    let keys = "https://10.0.0.7/internal-keys";
    let fetched = Issuer::jwks("https://as.example", keys, Audience::resource());
    let builder = builder().add_issuer(shared()).add_issuer(named);
    let layer = builder.add_issuer(fetched).build().unwrap();
    let found = document(&layer);
    assert_eq!(
        found["authorization_servers"],
        json!([ISSUER, "https://as.example"])
    );
    assert!(!found.to_string().contains("internal"));
    // Only a shared secret: there is no authorization server to name.
    let found = of(builder_for(shared()).resource(metadata()));
    assert_eq!(found["authorization_servers"], Value::Null);
}

#[test]
fn an_issuer_with_a_secret_beside_published_keys_is_named() {
    let keys = key_set([default_key(), key(Algorithm::HS256)]);
    let issuer = Issuer::from_keys(ISSUER, keys, Audience::resource());
    let found = of(builder_for(issuer).resource(metadata()));
    assert_eq!(found["authorization_servers"], json!([ISSUER]));
}

#[derive(serde::Deserialize)]
struct Payments {
    authorization_details: Vec<Detail>,
}

#[derive(serde::Deserialize)]
struct Detail {
    r#type: String,
}

#[test]
fn authorization_details_are_a_claim_of_your_own_type_and_their_types_are_in_the_metadata() {
    let layer = builder().claims::<Payments>().build().unwrap();
    let details = json!([{"type": "payment", "actions": ["initiate"]}]);
    let token = for_resource().claim("authorization_details", details);
    let claims = block_on(layer.authenticator().authenticate(&token.sign())).unwrap();
    let types = claims.custom().authorization_details.iter();
    let types: Vec<_> = types.map(|detail| &*detail.r#type).collect();
    assert_eq!(types, ["payment"]);
    let layer = layer_with(metadata().authorization_details_types(["payment"]));
    let found = &document(&layer)["authorization_details_types_supported"];
    assert_eq!(*found, json!(["payment"]));
}
