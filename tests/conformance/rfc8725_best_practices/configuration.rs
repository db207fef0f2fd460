//! Requirements 11, 12, 15, 16 and 21: an unsafe configuration is rejected when it is built.

use std::time::Duration;

use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, Issuer, JwksCacheSettings, JwtAuthBuilder, JwtAuthLayer, Key,
    KeySet, TokenSource,
};

use crate::support::{AUDIENCE, ISSUER, builder, builder_for, issuer, key_set};

fn kind_of(builder: JwtAuthBuilder) -> ConfigErrorKind {
    builder.build().map(drop).unwrap_err().kind()
}

fn kind_for(issuer: Issuer) -> ConfigErrorKind {
    kind_of(builder_for(issuer))
}

fn discover(issuer: &str) -> Issuer {
    Issuer::discovery(issuer, AUDIENCE)
}

fn jwks(url: &str) -> Issuer {
    Issuer::jwks(ISSUER, url, AUDIENCE)
}

// 21
#[test]
fn urls_without_tls_are_rejected() {
    let insecure = [
        "http://login.example",
        "http://10.0.0.1",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://127.0.0.1@login.example/",
        "http://0.0.0.0",
        "http://[fd00::1]/",
        "HTTP://login.example",
    ];
    for url in insecure {
        assert_eq!(
            kind_for(discover(url)),
            ConfigErrorKind::InsecureUrl,
            "{url}"
        );
        assert_eq!(kind_for(jwks(url)), ConfigErrorKind::InsecureUrl, "{url}");
    }
}

// 21
#[test]
fn loopback_and_https_are_allowed() {
    let secure = [
        "https://login.example",
        "http://127.0.0.1:1",
        "http://localhost:1/a",
        "http://[::1]/",
        "http://127.9.9.9",
    ];
    for url in secure {
        let _ = builder_for(discover(url)).build().unwrap();
        let _ = builder_for(jwks(url)).build().unwrap();
    }
}

// 21: RFC 8414 §2
#[test]
fn an_invalid_issuer_url_is_rejected() {
    for url in [
        "login.example",
        "/path",
        "ftp://login.example",
        "https://",
        "https:///x",
        "a b",
        "urn:issuer",
        "é",
    ] {
        assert_eq!(
            kind_for(discover(url)),
            ConfigErrorKind::InvalidUrl,
            "{url}"
        );
        assert_eq!(kind_for(jwks(url)), ConfigErrorKind::InvalidUrl, "{url}");
    }
    for url in [
        "https://login.example?x",
        "https://login.example/#x",
        "https://login.example/a?",
    ] {
        assert_eq!(
            kind_for(discover(url)),
            ConfigErrorKind::InvalidUrl,
            "{url}"
        );
    }
}

// 15: only discovery needs an issuer that is a URL.
#[test]
fn without_discovery_an_issuer_may_have_any_name() {
    for name in ["accounts", "urn:issuer", "http://login.example"] {
        let _ = builder_for(Issuer::jwks(name, "https://keys.example/", AUDIENCE))
            .build()
            .unwrap();
    }
}

// 15, 16
#[test]
fn an_empty_issuer_or_audience_is_rejected() {
    let keys = || key_set([crate::support::default_key()]);
    for empty in [
        discover(""),
        Issuer::jwks("", "https://keys.example/", AUDIENCE),
        Issuer::from_keys("", keys(), "x"),
    ] {
        assert_eq!(kind_for(empty), ConfigErrorKind::EmptyIssuer);
    }
    for empty in [
        Issuer::discovery("https://login.example", ""),
        Issuer::discovery("https://login.example", [AUDIENCE, ""]),
        Issuer::discovery("https://login.example", ["", AUDIENCE]),
        Issuer::discovery("https://login.example", [""; 0]),
    ] {
        assert_eq!(kind_for(empty), ConfigErrorKind::EmptyAudience);
    }
}

// 11
#[test]
fn an_issuer_without_an_algorithm_for_its_keys_is_rejected() {
    for none in [
        issuer().algorithms([]),
        issuer().algorithms([Algorithm::RS256]),
        discover(ISSUER).algorithms([]),
    ] {
        assert_eq!(kind_for(none), ConfigErrorKind::NoAlgorithms);
    }
}

// 11: fetched keys are public.
#[test]
fn hmac_with_fetched_keys_is_rejected() {
    for fetched in [|| discover(ISSUER), || jwks("https://keys.example/")] {
        for algorithms in [
            vec![Algorithm::HS256],
            vec![Algorithm::ES256, Algorithm::HS512],
        ] {
            assert_eq!(
                kind_for(fetched().algorithms(algorithms)),
                ConfigErrorKind::InvalidSetting
            );
        }
    }
}

// 7
#[test]
fn an_empty_list_of_token_sources_is_rejected() {
    assert_eq!(
        kind_of(builder().token_sources([])),
        ConfigErrorKind::InvalidSetting
    );
    let both = [
        TokenSource::authorization(),
        TokenSource::query("access_token"),
    ];
    let _ = builder().token_sources(both).build().unwrap();
}

// 5: RFC 6749 §3.3; a challenge can't contain an invalid scope either.
#[test]
fn an_invalid_required_scope_is_rejected() {
    for scope in ["", "a b", "a\"b", "a\\b", "é", "a\n", "\t"] {
        assert_eq!(
            kind_of(builder().require_scopes(["read", scope])),
            ConfigErrorKind::InvalidSetting,
            "{scope:?}"
        );
    }
    let _ = builder()
        .require_scopes(["https://api.example/orders.read", "a:b!#$'(*)"])
        .build()
        .unwrap();
}

// 12, 17, 19
#[test]
fn settings_out_of_range_are_rejected() {
    assert_eq!(
        kind_of(builder().reject_replays(0)),
        ConfigErrorKind::InvalidSetting
    );
    let no_time = [
        JwksCacheSettings::default().fetch_timeout(Duration::ZERO),
        JwksCacheSettings::default().wait_timeout(Duration::ZERO),
        JwksCacheSettings::default()
            .min_ttl(Duration::from_secs(60))
            .max_ttl(Duration::from_secs(59)),
        JwksCacheSettings::default().max_ttl(Duration::MAX),
    ];
    for settings in no_time {
        assert_eq!(
            kind_for(discover(ISSUER).jwks_cache(settings)),
            ConfigErrorKind::InvalidSetting
        );
    }
}

// 12
#[test]
fn a_set_without_usable_keys_is_rejected() {
    for (json, kind) in [
        (r#"{"keys":[]}"#, ConfigErrorKind::NoKeys),
        (r#"{"keys":[{"kty":"XYZ"}]}"#, ConfigErrorKind::NoKeys),
        (r#"{"keys":{}}"#, ConfigErrorKind::UnusableKey),
        ("{}", ConfigErrorKind::UnusableKey),
        ("[]", ConfigErrorKind::UnusableKey),
        ("", ConfigErrorKind::UnusableKey),
    ] {
        assert_eq!(KeySet::from_json(json).unwrap_err().kind(), kind, "{json}");
    }
}

// 12: the values of the members alone, in the order of a struct, are not an object (RFC 7517 §4,
// §5).
#[test]
fn an_array_is_neither_a_key_nor_a_set() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let object = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    let array = format!(r#"["OKP",null,null,null,null,"Ed25519",null,null,"{x}",null,null,null]"#);
    assert!(Key::from_jwk(&object).is_ok());
    assert_eq!(
        Key::from_jwk(&array).unwrap_err().kind(),
        ConfigErrorKind::UnusableKey
    );
    assert!(KeySet::from_json(&format!(r#" {{"keys":[{object}]}}"#)).is_ok());
    let array_of_keys = format!("[[{object}]]");
    assert_eq!(
        KeySet::from_json(&array_of_keys).unwrap_err().kind(),
        ConfigErrorKind::UnusableKey
    );
}

// Operators log configuration errors, so that secrets must not be in them.
#[test]
fn a_configuration_error_names_the_problem_without_the_secret() {
    let error = JwtAuthLayer::from_secret(ISSUER, "hunter2hunter2", AUDIENCE).unwrap_err();
    assert!(error.to_string().contains("32 bytes"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
}
