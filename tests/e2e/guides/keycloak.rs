//! Keycloak. Shapes: "Server Administration Guide" and "Securing applications" (endpoints, audience
//! support), and the key set of a new realm, which has a key for encryption beside that for
//! signatures.

use serde_json::{Value, json};
use tower_jwt_auth::{ClaimPath, ConfigError, ErrorKind, Issuer, JwksCacheSettings, Rule};

use crate::site::{JwtAuthLayer, Site, StandIn as _, jwk_with};
use crate::support::tokio;
use crate::token::Token;

const REALM: &str = "https://keycloak.example.com/realms/shop";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://keycloak.example.com/realms/shop", "orders-api");
    JwtAuthLayer::builder(issuer).build()
}

fn clerks() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://keycloak.example.com/realms/shop", "orders-api");
    JwtAuthLayer::builder(issuer)
        .check(Rule::any_of(ClaimPath::keycloak_realm_roles(), ["clerk"])?)
        .build()
}

fn in_containers() -> Result<JwtAuthLayer, ConfigError> {
    let metadata = "http://keycloak:8080/realms/shop/.well-known/openid-configuration";
    let issuer = Issuer::discovery("https://keycloak.example.com/realms/shop", "orders-api")
        .metadata_url(metadata)
        .jwks_cache(JwksCacheSettings::default().allowed_http_hosts(["keycloak"]));
    JwtAuthLayer::builder(issuer).build()
}

/// Returns the metadata of the realm as it is served at `realm`: only the issuer, and the endpoints
/// for browsers, have the outer name.
fn metadata(realm: &str) -> Value {
    let endpoint = |name: &str| format!("{realm}/protocol/openid-connect/{name}");
    json!({
        "issuer": REALM,
        "authorization_endpoint": format!("{REALM}/protocol/openid-connect/auth"),
        "token_endpoint": endpoint("token"),
        "introspection_endpoint": endpoint("token/introspect"),
        "userinfo_endpoint": endpoint("userinfo"),
        "end_session_endpoint": endpoint("logout"),
        "jwks_uri": endpoint("certs"),
        "check_session_iframe": endpoint("login-status-iframe.html"),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code", "none", "id_token", "token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["PS256", "ES256", "RS256", "HS256", "EdDSA"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP", "RSA1_5"],
        "tls_client_certificate_bound_access_tokens": true,
        "mtls_endpoint_aliases": { "token_endpoint": endpoint("token") },
        "backchannel_logout_supported": true,
    })
}

fn site() -> Site {
    site_at(REALM)
}

fn site_at(realm: &str) -> Site {
    let site = Site::new(include_str!("../../../docs/providers/keycloak.md"));
    site.publish(
        &format!("{realm}/.well-known/openid-configuration"),
        &metadata(realm),
    );
    let certificate = json!({"x5c": ["MIIClzCCAX8="], "x5t": "AAAA", "x5t#S256": "AAAA"});
    let encryption = json!({
        "kid": "8YoLb5WwV1tOZdCmUUSBXXBQYhYM0z-3b1qJV5yS9eI", "use": "enc", "alg": "RSA-OAEP",
        "x5c": ["MIIClzCCAX8="], "x5t": "AAAA", "x5t#S256": "AAAA",
    });
    let keys = [
        jwk_with(&site.key, &encryption),
        jwk_with(&site.key, &certificate),
    ];
    site.publish_keys(&format!("{realm}/protocol/openid-connect/certs"), keys);
    site
}

/// The ID token of the same sign-in.
fn id_token(site: &Site) -> Token {
    let token = site
        .token()
        .without(&["realm_access", "resource_access", "allowed-origins"]);
    token
        .without(&["scope"])
        .claim("typ", "ID")
        .claim("aud", "shop-web")
        .claim("nonce", "n-0S6_WzA2Mj")
        .claim("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(
        claims.subject(),
        Some("3f1a2cbb-7ad6-4d3c-8e8c-7d6f4a0f5a11")
    );
    assert_eq!(claims.get("realm_access").unwrap()["roles"][1], "clerk");
    assert_eq!(claims.get("preferred_username").unwrap(), "alice");
    assert_eq!(site.fetched().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn users_without_the_role_get_403() {
    let site = site();
    let layer = site.layer(clerks);
    site.accepts(&layer, &site.token()).await;
    for token in [
        site.token().without(&["realm_access"]),
        site.token()
            .claim("realm_access", json!({ "roles": ["default-roles-shop"] })),
        site.token()
            .claim("realm_access", json!({ "roles": "clerk admin" })),
        site.token().claim("realm_access", "clerk"),
    ] {
        site.rejects(&layer, &token, ErrorKind::InsufficientScope)
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_container_network_the_keys_are_fetched_by_the_inner_name() {
    let inner = "http://keycloak:8080/realms/shop";
    let site = site_at(inner);
    let layer = site.layer(in_containers);
    site.accepts(&layer, &site.token()).await;
    assert!(site.fetched().iter().all(|url| url.starts_with(inner)));
    let token = site.token().claim("iss", inner);
    site.rejects(&layer, &token, ErrorKind::UnknownIssuer).await;
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let other_realm = "https://keycloak.example.com/realms/staff";
    for (token, kind) in [
        (
            site.token().claim("iss", other_realm),
            ErrorKind::UnknownIssuer,
        ),
        (
            site.token().claim("aud", "billing-api"),
            ErrorKind::WrongAudience,
        ),
        (id_token(&site), ErrorKind::WrongTokenType),
        // A client that is a service, too: the id token names it.
        (
            id_token(&site).claim("aud", "orders-api"),
            ErrorKind::WrongTokenType,
        ),
        (
            site.token().claim("typ", "Refresh"),
            ErrorKind::WrongTokenType,
        ),
        (
            site.token().header("alg", "HS512"),
            ErrorKind::AlgorithmNotAllowed,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_audience_mapper_the_log_says_what_is_missing() {
    let site = site();
    let layer = site.layer(auth);
    for account in [json!("account"), json!(["account"])] {
        let token = site.token().claim("aud", account);
        site.explains(&layer, &token, ErrorKind::WrongAudience)
            .await;
    }
    site.rejects(
        &layer,
        &site.token().without(&["aud"]),
        ErrorKind::MissingClaim,
    )
    .await;
}
