//! Apple. Shapes: "Authenticating users with Sign in with Apple" (claims of the identity token),
//! "Fetch Apple's public key for verifying token signature", "Processing changes for Sign in with
//! Apple accounts" (notifications), and the metadata of `appleid.apple.com`.

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;

const ISSUER: &str = "https://appleid.apple.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let clients = ["com.example.shop", "com.example.shop.web"];
    let issuer = Issuer::discovery("https://appleid.apple.com", clients).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/apple.md"));
    let metadata = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/auth/authorize"),
        "token_endpoint": format!("{ISSUER}/auth/token"),
        "revocation_endpoint": format!("{ISSUER}/auth/revoke"),
        "jwks_uri": format!("{ISSUER}/auth/keys"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "name"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "sub"],
    });
    site.publish(
        &format!("{ISSUER}/.well-known/openid-configuration"),
        &metadata,
    );
    let others = [(); 2].map(|()| TestKey::generate(Algorithm::RS256).jwk());
    let keys = others.into_iter().chain([site.key.jwk()]);
    site.publish_keys(&format!("{ISSUER}/auth/keys"), keys);
    site
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    let subject = "001234.0a1b2c3d4e5f60718293a4b5c6d7e8f9.1234";
    assert_eq!(claims.subject(), Some(subject));
    assert_eq!(claims.nonce(), Some("n-0S6_WzA2Mj"));
    let web = site.token().without(&["c_hash"]);
    let web = web
        .claim("aud", "com.example.shop.web")
        .claim("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
        .claim("email_verified", true);
    site.accepts(&layer, &web).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let elsewhere = site.token().claim("iss", "https://accounts.google.com");
    site.rejects(&layer, &elsewhere, ErrorKind::UnknownIssuer)
        .await;
    site.rejects_other_keys(&layer, &site.token()).await;
}

/// Their `events` is a JSON text, not an object.
#[tokio::test(start_paused = true)]
async fn notifications_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let event = json!({"type": "consent-revoked", "sub": "001234.0a1b", "event_time": 1_800_000});
    for events in [event.to_string().into(), event] {
        let notification = site.token().without(&["sub", "nonce", "c_hash"]);
        let notification = notification.claim("jti", "sede16").claim("events", events);
        site.rejects(&layer, &notification, ErrorKind::WrongTokenType)
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_listed_is_named_in_the_log() {
    let site = site();
    let layer = site.layer(auth);
    let token = site.token().claim("aud", "com.example.shop.staging");
    site.explains(&layer, &token, ErrorKind::WrongAudience)
        .await;
}
