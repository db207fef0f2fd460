//! Settings of tenants that are rejected when the layer is built, with what would be right.

use std::time::Duration;

use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigErrorKind, Issuer, JwksCacheSettings, Key, Tenants,
};

use crate::issuers::site::AUDIENCE;

const PATTERN: &str = "https://login.example/{tenant}";
const METADATA: &str = "https://login.example/common/.well-known/openid-configuration";

fn error(issuer: Issuer) -> (ConfigErrorKind, String) {
    let error = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap_err();
    (error.kind(), error.to_string())
}

fn discovery(tenants: Tenants) -> Issuer {
    Issuer::discovery(PATTERN, AUDIENCE).tenants(tenants)
}

fn only() -> Tenants {
    Tenants::only(["a"])
}

fn secret() -> Key {
    let secret: Vec<u8> = (0..32).collect();
    Key::from_secret(Algorithm::HS256, secret).unwrap()
}

#[test]
fn the_url_of_metadata_is_not_the_name_of_an_issuer() {
    let keys = "https://login.example/keys";
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        for name in [
            format!("https://login.example{path}"),
            format!("https://login.example/a{path}"),
            format!("https://login.example{path}/a"),
        ] {
            let message = format!("issuer {name:?}: is the URL of metadata; remove {path}");
            let expected = (ConfigErrorKind::InvalidUrl, message);
            assert_eq!(error(Issuer::discovery(&name, AUDIENCE)), expected);
            assert_eq!(error(Issuer::jwks(&name, keys, AUDIENCE)), expected);
        }
    }
    let issuer = Issuer::discovery("https://login.example/well-known", AUDIENCE);
    assert!(Authenticator::builder(issuer).build_authenticator().is_ok());
}

#[test]
fn a_placeholder_needs_tenants_and_tenants_need_a_placeholder() {
    assert_eq!(
        error(Issuer::discovery(PATTERN, AUDIENCE)),
        (
            ConfigErrorKind::InvalidSetting,
            "issuer \"https://login.example/{tenant}\": has a placeholder, so it needs `tenants`: \
             which tenants are trusted"
                .to_owned()
        )
    );
    for name in [
        "https://login.example/",
        "https://login.example/{a}/{b}",
        "https://login.example/x{tenant}",
        "https://{tenant}/",
        "{tenant}",
    ] {
        let (kind, message) = error(Issuer::discovery(name, AUDIENCE).tenants(only()));
        assert_eq!(kind, ConfigErrorKind::InvalidSetting);
        assert_eq!(
            message,
            format!(
                "issuer {name:?}: must have one placeholder, {{name}}, since `tenants` is set: a \
                 whole segment of the path, or the first label of a host that has at least two more \
                 and no port"
            )
        );
    }
}

#[test]
fn values_out_of_range_are_rejected() {
    let prefix = "tenants of issuer \"https://login.example/{tenant}\": ";
    for (tenants, expected) in [
        (
            Tenants::only(Vec::<String>::new()),
            "Tenants::only is empty: must list at least one tenant",
        ),
        (
            Tenants::only(["a/b"]),
            "Tenants::only has \"a/b\": must be 1 to 128 letters, digits and -._~, or in a host name \
             1 to 63 lower-case letters, digits and hyphens",
        ),
        (
            only().tenant_claim(""),
            "tenant_claim is \"\": must be the name of a claim",
        ),
        (
            only().max_cached_tenants(1),
            "max_cached_tenants is 1: must be between 2 and 100000",
        ),
        (
            only().max_cached_tenants(100_001),
            "max_cached_tenants is 100001: must be between 2 and 100000",
        ),
        (
            only().idle_timeout(Duration::from_secs(59)),
            "idle_timeout is 59s: must be between 1 minute and 366 days",
        ),
    ] {
        let expected = (
            ConfigErrorKind::InvalidSetting,
            format!("{prefix}{expected}"),
        );
        assert_eq!(error(discovery(tenants)), expected);
    }
    let shared = discovery(only().max_cached_tenants(10)).metadata_url(METADATA);
    let expected = "max_cached_tenants and idle_timeout have no effect on keys that all tenants share; \
                    remove them";
    assert_eq!(error(shared).1, format!("{prefix}{expected}"));
}

#[test]
fn settings_about_keys_that_do_not_fit_are_rejected() {
    let jwks = |url: &str| Issuer::jwks(PATTERN, url, AUDIENCE).tenants(only());
    let placeholder = "jwks_uri has a placeholder: must be the one of the issuer, at a place where \
                       every tenant can stand";
    for (issuer, expected) in [
        (jwks("https://login.example/{realm}/keys"), placeholder),
        (jwks("https://login.example/keys?t={tenant}"), placeholder),
        (jwks("https://{tenant}.login.example/keys"), placeholder),
        (
            discovery(only()).metadata_url("https://login.example/{realm}/metadata"),
            "metadata_url has a placeholder: must be the one of the issuer, at a place where every \
             tenant can stand",
        ),
        (
            discovery(only()).allow_missing_issuer(),
            "allow_missing_issuer is set: must not be set together with tenants, since only `iss` says which \
             tenant a token is of",
        ),
        (
            discovery(only()).add_secrets(secret()),
            "add_secrets is set: must not be set for keys by tenant, as each tenant could sign \
             tokens of the others",
        ),
        (
            discovery(only()).jwks_cache(JwksCacheSettings::default().snapshot_dir("/nowhere")),
            "snapshot_dir is set: must not be set for keys by tenant, which would leave a file for \
             each tenant",
        ),
    ] {
        let expected = format!("issuer \"https://login.example/{{tenant}}\": {expected}");
        assert_eq!(error(issuer), (ConfigErrorKind::InvalidSetting, expected));
    }
}

#[test]
fn what_is_wrong_for_every_tenant_is_found_when_the_layer_is_built() {
    let insecure = Issuer::discovery("http://login.example/{tenant}", AUDIENCE).tenants(only());
    assert_eq!(error(insecure).0, ConfigErrorKind::InsecureUrl);
    let with_query = Issuer::discovery("https://login.example/{tenant}/?a", AUDIENCE);
    assert_eq!(
        error(with_query.tenants(only())).0,
        ConfigErrorKind::InvalidUrl
    );
    let shared = discovery(only()).metadata_url("http://login.example/common/metadata");
    assert_eq!(error(shared).0, ConfigErrorKind::InsecureUrl);
    let audience = Issuer::discovery(PATTERN, "").tenants(only());
    assert_eq!(error(audience).0, ConfigErrorKind::EmptyAudience);
}

#[test]
fn the_limits_themselves_are_allowed() {
    let day = Duration::from_secs(24 * 60 * 60);
    for tenants in [
        only()
            .max_cached_tenants(2)
            .idle_timeout(Duration::from_secs(60)),
        only().max_cached_tenants(100_000).idle_timeout(366 * day),
    ] {
        assert!(
            Authenticator::builder(discovery(tenants))
                .build_authenticator()
                .is_ok()
        );
    }
}

#[test]
fn debug_shows_no_tenant() {
    let tenants = Tenants::only(["customer-1"]).tenant_claim("tid");
    assert_eq!(
        format!("{tenants:?}"),
        "Tenants { claim: Some(\"tid\"), max_cached_tenants: 1000, idle_timeout: 3600s, .. }"
    );
}
