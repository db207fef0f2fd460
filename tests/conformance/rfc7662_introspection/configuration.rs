//! Settings that can't work or mean nothing are found while the layer is built.

use std::time::Duration;

use tower_jwt_auth::{
    Algorithm, Audience, ConfigErrorKind, IntrospectionCredentials, IntrospectionSettings, Issuer,
    JwksCacheSettings, JwtAuthLayer, Key, Tenants,
};

use super::endpoint::{Endpoint, URL};
use crate::support::{AUDIENCE, ISSUER, issuer as issuer_with_keys};

fn issuer() -> Issuer {
    Issuer::introspection(ISSUER, URL, Endpoint::credentials(), AUDIENCE)
}

fn named(name: &str) -> Issuer {
    Issuer::introspection(name, URL, Endpoint::credentials(), AUDIENCE)
}

#[track_caller]
fn rejected(issuer: Issuer, kind: ConfigErrorKind, says: &str) {
    let error = JwtAuthLayer::builder(issuer).build().unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(!error.to_string().contains("telltale"), "{error}");
}

fn invalid(issuer: Issuer, says: &str) {
    rejected(issuer, ConfigErrorKind::InvalidSetting, says);
}

// 2: https, or http on loopback.
#[test]
fn the_url_is_https_or_on_loopback() {
    let at = |url: &str| Issuer::introspection(ISSUER, url, Endpoint::credentials(), AUDIENCE);
    for url in [
        "http://issuer.example/introspect",
        "http://10.0.0.1/introspect",
    ] {
        rejected(at(url), ConfigErrorKind::InsecureUrl, "introspection URL");
    }
    for url in [
        "",
        "/introspect",
        "ftp://issuer.example/",
        "https://u:p@issuer.example/",
    ] {
        rejected(at(url), ConfigErrorKind::InvalidUrl, "introspection URL");
    }
    for url in [
        "http://127.0.0.1:8080/introspect",
        "http://localhost/i",
        "http://[::1]/i",
        URL,
    ] {
        assert!(JwtAuthLayer::builder(at(url)).build().is_ok(), "{url}");
    }
    rejected(named(""), ConfigErrorKind::EmptyIssuer, "must not be empty");
}

#[test]
fn settings_about_signed_tokens_are_rejected() {
    invalid(issuer().algorithms([Algorithm::ES256]), "algorithms");
    let secret = Key::from_secret(Algorithm::HS256, b"q8Zr1vXw3Tn6Yk0Lm5Bc9Ds2Fh7Gj4Pa").unwrap();
    invalid(issuer().add_secrets(secret), "add_secrets");
    invalid(
        issuer().jwks_cache(JwksCacheSettings::default()),
        "jwks_cache",
    );
    invalid(issuer().allow_missing_issuer(), "allow_missing_issuer");
    invalid(
        issuer().metadata_url("https://issuer.example/metadata"),
        "metadata_url",
    );
    let tenants = named("https://issuer.example/{tenant}").tenants(Tenants::only(["a"]));
    invalid(tenants, "tenants");
    let audience = Audience::from(AUDIENCE).and_header_parameter("x", ["y"]);
    let issuer = Issuer::introspection(ISSUER, URL, Endpoint::credentials(), audience);
    invalid(issuer, "header parameter");
}

#[test]
fn settings_about_introspection_are_rejected_for_an_issuer_with_keys() {
    let settings = IntrospectionSettings::default();
    invalid(
        issuer_with_keys().introspection_settings(settings),
        "introspection_settings",
    );
}

#[test]
fn a_value_out_of_its_range_is_rejected() {
    let default = IntrospectionSettings::default;
    let seconds = Duration::from_secs;
    for (settings, says) in [
        (default().max_ttl(seconds(61)), "max_ttl is 61s"),
        (
            default().max_negative_ttl(seconds(11)),
            "max_negative_ttl is 11s",
        ),
        (default().stale_if_error(seconds(3601)), "stale_if_error is"),
        (
            default().stale_if_error(seconds(1)).max_ttl(seconds(0)),
            "stale_if_error has no effect",
        ),
        (default().timeout(seconds(61)), "timeout is"),
        (default().timeout(seconds(0)), "timeout is"),
        (default().max_body_len(1023), "max_body_len is 1023"),
        (default().max_concurrent(0), "max_concurrent is 0"),
        (default().max_queued(100_001), "max_queued is 100001"),
        (
            default().max_cache_bytes(65_535),
            "max_cache_bytes is 65535",
        ),
        (default().token_len(0..=5), "token_len is 0..=5"),
        (default().token_len(RANGE), "token_len is 6..=5"),
        (default().token_prefix(""), "token_prefix is \"\""),
        (default().token_prefix("a b"), "token_prefix is \"a b\""),
        (
            default().default_lifetime(seconds(0)),
            "default_lifetime is 0ns",
        ),
        (
            default().default_lifetime(seconds(31 * 24 * 60 * 60)),
            "default_lifetime is",
        ),
    ] {
        invalid(issuer().introspection_settings(settings), says);
    }
    let limits = default()
        .max_ttl(seconds(60))
        .max_negative_ttl(seconds(10))
        .stale_if_error(seconds(3600))
        .timeout(seconds(60))
        .max_body_len(1024)
        .max_concurrent(1)
        .max_queued(0)
        .max_cache_bytes(65_536)
        .token_len(1..=1)
        .token_prefix("a")
        .default_lifetime(seconds(1));
    let issuer = issuer().introspection_settings(limits);
    assert!(JwtAuthLayer::builder(issuer).build().is_ok());
}

#[expect(
    clippy::reversed_empty_ranges,
    reason = "the setting is to be rejected"
)]
const RANGE: std::ops::RangeInclusive<usize> = 6..=5;

#[test]
fn credentials_must_not_be_empty() {
    for credentials in [
        IntrospectionCredentials::client_secret("", "telltale"),
        IntrospectionCredentials::client_secret_basic("me", ""),
        IntrospectionCredentials::client_secret_post("", ""),
        IntrospectionCredentials::bearer_token("telltale\n"),
        IntrospectionCredentials::bearer_token(""),
        IntrospectionCredentials::mutual_tls(""),
    ] {
        let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE);
        invalid(
            issuer,
            "introspection credentials of issuer \"https://issuer.example\"",
        );
    }
}

// 1
#[test]
fn several_introspected_issuers_need_prefixes_that_tell_their_tokens_apart() {
    let with = |name: &str, prefix: Option<&str>| {
        let settings = IntrospectionSettings::default();
        named(name).introspection_settings(match prefix {
            Some(prefix) => settings.token_prefix(prefix),
            None => settings,
        })
    };
    let (one, two) = ("https://one.example", "https://two.example");
    for (first, second, is_allowed) in [
        (None, None, false),
        (Some("a_"), Some("a_"), false),
        (Some("a_"), Some("a_b"), false),
        (Some("a_b"), Some("a_"), false),
        (Some("a_"), None, true),
        (None, Some("a_"), true),
        (Some("a_"), Some("b_"), true),
    ] {
        let builder = JwtAuthLayer::builder(with(one, first)).add_issuer(with(two, second));
        let built = builder.build();
        assert_eq!(built.is_ok(), is_allowed, "{first:?} {second:?}");
        if let Err(error) = built {
            assert!(error.to_string().contains("token_prefix"), "{error}");
        }
    }
    let layer = JwtAuthLayer::builder(with(one, None)).build().unwrap();
    assert!(layer.issuers().add(with(two, None)).is_err());
    assert!(layer.issuers().add(with(two, Some("a_"))).is_ok());
}

#[test]
fn the_signer_of_responses_is_the_same_issuer_with_keys() {
    let with = |signer: Issuer| {
        issuer().introspection_settings(IntrospectionSettings::default().signed_responses(signer))
    };
    let keys = "https://issuer.example/jwks";
    invalid(
        with(Issuer::jwks("https://other.example", keys, "me")),
        "the same name",
    );
    invalid(with(issuer()), "must have keys");
    assert!(
        JwtAuthLayer::builder(with(Issuer::jwks(ISSUER, keys, "me")))
            .build()
            .is_ok()
    );
    let insecure = Issuer::jwks(ISSUER, "http://issuer.example/jwks", "me");
    rejected(with(insecure), ConfigErrorKind::InsecureUrl, "jwks_uri");
}
