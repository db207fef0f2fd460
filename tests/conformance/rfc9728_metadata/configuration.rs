//! Metadata that is rejected when the layer is built.

use tower_jwt_auth::{ConfigError, ConfigErrorKind, ResourceMetadata};

use super::{issuer, metadata};
use crate::support::builder_for;

fn error_of(metadata: ResourceMetadata) -> ConfigError {
    builder_for(issuer())
        .resource(metadata)
        .build()
        .unwrap_err()
}

#[test]
fn the_identifier_is_an_https_url_without_a_fragment() {
    use ConfigErrorKind::{InsecureUrl, InvalidUrl};
    for (resource, kind) in [
        ("", InvalidUrl),
        ("h.example/mcp", InvalidUrl),
        ("api://client", InvalidUrl),
        ("https://", InvalidUrl),
        ("https:///mcp", InvalidUrl),
        ("https://?x", InvalidUrl),
        ("HTTPS://h.example", InvalidUrl),
        ("ftp://h.example", InvalidUrl),
        ("https://h.example/#", InvalidUrl),
        ("https://h.example/mcp#a", InvalidUrl),
        ("https://h.example/a b", InvalidUrl),
        ("https://h.example/\"", InvalidUrl),
        ("https://h.example/\\", InvalidUrl),
        ("https://h.example/\u{e9}", InvalidUrl),
        ("https://h.example/a/../b", InvalidUrl),
        ("https://h.example/./b", InvalidUrl),
        ("https://h.example/a/%2e%2E/b", InvalidUrl),
        ("https://h.example/.%2e", InvalidUrl),
        ("https://h.example/%2e/b", InvalidUrl),
        ("https://h.example/:a", InvalidUrl),
        ("https://h.example/a/*b", InvalidUrl),
        ("https://h.example:port", InvalidUrl),
        (" https://h.example", InvalidUrl),
        ("http://h.example", InsecureUrl),
        ("http://10.0.0.1/mcp", InsecureUrl),
        ("http://localhost.example/mcp", InsecureUrl),
    ] {
        let error = error_of(ResourceMetadata::new(resource));
        assert_eq!(error.kind(), kind, "{resource:?}: {error}");
        assert!(
            error.to_string().contains(&format!("{resource:?}")),
            "{error}"
        );
    }
}

#[test]
fn http_is_allowed_on_loopback() {
    for resource in [
        "http://localhost:3000/mcp",
        "http://127.0.0.1:8080",
        "http://[::1]/mcp/",
        "https://h.example",
        "https://h.example/",
        "https://h.example:8443/a%20b?tenant=1",
    ] {
        let layer = super::layer_with(ResourceMetadata::new(resource));
        let path = layer.metadata_service().unwrap().url();
        let path = path.split_once("://").unwrap().1;
        let path = &path[path.find('/').unwrap()..];
        let response = super::send(&layer, super::get(path));
        let found: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(found["resource"], resource);
    }
}

#[test]
fn a_password_in_the_identifier_is_rejected_and_not_shown() {
    for resource in [
        "https://user:secret@h.example/mcp",
        "https://secret@h.example#x",
    ] {
        let error = error_of(ResourceMetadata::new(resource));
        assert_eq!(error.kind(), ConfigErrorKind::InvalidUrl);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn urls_are_urls() {
    let none: [&str; 0] = [];
    for (metadata, text) in [
        (
            metadata().authorization_servers(none),
            "authorization_servers is empty",
        ),
        (
            metadata().authorization_servers(["as.example"]),
            "authorization_servers \"as.example\"",
        ),
        (
            metadata().authorization_servers(["https://as.example?x"]),
            "no query",
        ),
        (
            metadata().authorization_servers(["http://as.example"]),
            "must be an https URL",
        ),
        (
            metadata().jwks_uri("http://h.example/jwks"),
            "jwks_uri \"http://h.example/jwks\"",
        ),
        (
            metadata().documentation("docs"),
            "resource_documentation \"docs\"",
        ),
        (
            metadata().policy_uri("javascript:alert(1)"),
            "resource_policy_uri",
        ),
        (
            metadata().tos_uri_in("de", "/tos"),
            "resource_tos_uri \"/tos\"",
        ),
    ] {
        let error = error_of(metadata).to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_password_in_another_url_is_rejected_and_not_shown() {
    let url = "https://user:secret@h.example/x";
    for metadata in [
        metadata().authorization_servers([url]),
        metadata().jwks_uri(url),
        metadata().documentation(url),
    ] {
        let error = error_of(metadata);
        assert_eq!(error.kind(), ConfigErrorKind::InvalidUrl);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn the_keys_of_the_resource_may_be_at_a_url_with_a_query() {
    let layer = super::layer_with(metadata().jwks_uri("https://h.example/keys?use=sig"));
    let found = super::document(&layer);
    assert_eq!(found["jwks_uri"], "https://h.example/keys?use=sig");
}

#[test]
fn other_values_are_checked() {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    for (metadata, text) in [
        (metadata().scopes(["a b"]), "scope \"a b\""),
        (metadata().name(""), "resource_name is empty"),
        (metadata().name_in("d e", "x"), "language \"d e\""),
        (metadata().name_in("", "x"), "language \"\""),
        (
            metadata().signing_algorithms(["none"]),
            "signing_algorithms has \"none\"",
        ),
        (metadata().signing_algorithms([""]), "signing_algorithms"),
        (
            metadata().authorization_details_types([""]),
            "authorization_details_types",
        ),
        (metadata().signed_metadata("a.b"), "signed_metadata"),
        (metadata().signed_metadata("a.b.c d"), "signed_metadata"),
        (
            metadata().max_age(8 * day),
            "max_age of the resource's metadata is 691200s",
        ),
    ] {
        let error = error_of(metadata);
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn own_members_can_not_contradict_the_layer() {
    for name in [
        "",
        "resource",
        "authorization_servers",
        "jwks_uri",
        "scopes_supported",
        "bearer_methods_supported",
        "resource_signing_alg_values_supported",
        "resource_name",
        "resource_name#de",
        "resource_documentation",
        "resource_policy_uri",
        "resource_tos_uri#fr",
        "tls_client_certificate_bound_access_tokens",
        "authorization_details_types_supported",
        "dpop_signing_alg_values_supported",
        "dpop_bound_access_tokens_required",
        "signed_metadata",
    ] {
        let error = error_of(metadata().add_member(name, true));
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting, "{name}");
        assert!(
            error.to_string().contains(&format!("member {name:?}")),
            "{error}"
        );
    }
}

#[test]
fn max_age_is_in_cache_control() {
    let layer = super::layer_with(metadata().max_age(std::time::Duration::from_secs(90)));
    let response = super::send(&layer, super::get(super::PATH));
    assert_eq!(response.headers()["cache-control"], "public, max-age=90");
}
