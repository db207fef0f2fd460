//! Ory Hydra. Shapes: "Token audience", "JWT access tokens", the configuration reference
//! (`strategies.access_token`, `strategies.jwt.scope_claim`), and the key sets
//! `hydra.openid.id-token` and `hydra.jwt.access-token`, which are published as one.

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;
use crate::support::{ask, bearer};
use crate::token::Token;

const SERVER: &str = "https://hydra.example.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://hydra.example.com", "https://api.example.com");
    JwtAuthLayer::builder(issuer).build()
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{SERVER}/oauth2/auth"),
        "token_endpoint": format!("{SERVER}/oauth2/token"),
        "jwks_uri": format!("{SERVER}/.well-known/jwks.json"),
        "subject_types_supported": ["public"],
        "response_types_supported": ["code", "code id_token", "id_token", "token"],
        "claims_supported": ["sub"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "userinfo_endpoint": format!("{SERVER}/userinfo"),
        "scopes_supported": ["offline_access", "offline", "openid"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "id_token_signed_response_alg": ["RS256"],
        "revocation_endpoint": format!("{SERVER}/oauth2/revoke"),
        "end_session_endpoint": format!("{SERVER}/oauth2/sessions/logout"),
        "code_challenge_methods_supported": ["plain", "S256"],
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/ory_hydra.md"));
    let discovery = format!("{SERVER}/.well-known/openid-configuration");
    site.publish(&discovery, &metadata(SERVER));
    let of_id_tokens = TestKey::generate(Algorithm::RS256);
    let keys = [of_id_tokens.jwk(), site.key.jwk()];
    site.publish_keys(&format!("{SERVER}/.well-known/jwks.json"), keys);
    site
}

/// The ID token of the same sign-in, signed as if both kinds had one key.
fn id_token(site: &Site) -> Token {
    let token = site.token().without(&["client_id", "ext", "nbf", "scp"]);
    token
        .claim("aud", ["5a1d3c6e-8b0f-4f57-9d1a-2e7c4b9f0a63"])
        .claim("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
        .claim("rat", 1_800_000_000)
        .claim("sid", "0b7c4a44-6d2c-4e29-8a57-3d8f2f5a7c61")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("alice"));
    assert!(claims.has_scope("orders:read") && claims.has_scope("offline"));
    assert!(claims.get("ext").unwrap().is_object());
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let billing = site.token().claim("aud", ["https://billing.example.com"]);
    for (token, kind) in [
        (billing, ErrorKind::WrongAudience),
        (id_token(&site), ErrorKind::WrongAudience),
        // As version 1 names itself.
        (
            site.token().claim("iss", format!("{SERVER}/")),
            ErrorKind::UnknownIssuer,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn the_issuer_of_version_1_ends_with_a_slash() {
    let site = site();
    let name = format!("{SERVER}/");
    let discovery = format!("{SERVER}/.well-known/openid-configuration");
    site.publish(&discovery, &metadata(&name));
    let layer = site.layer(|| {
        let issuer = Issuer::discovery(&name, "https://api.example.com");
        JwtAuthLayer::builder(issuer).build()
    });
    let token = site.token().claim("iss", name.as_str());
    site.accepts(&layer, &token).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_requested_audience_the_log_says_what_to_request() {
    let site = site();
    let layer = site.layer(auth);
    let token = site.token().claim("aud", json!([]));
    site.explains(&layer, &token, ErrorKind::WrongAudience)
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_opaque_token_is_malformed() {
    let site = site();
    let layer = site.layer(auth);
    let opaque = "ory_at_bXktb3BhcXVlLXRva2Vu.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
    let answer = ask(&layer, bearer(opaque)).await;
    answer.invalid_token(ErrorKind::MalformedToken);
}
