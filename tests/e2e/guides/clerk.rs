//! Clerk. Shapes: "Session tokens" (version 2 of the claims) and "Manual JWT verification" (the key
//! set at the Frontend API); ID tokens: "OAuth provider", those of OpenID Connect.

use serde_json::json;
use tower_jwt_auth::{Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;
use crate::token::Token;

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let audience = Audience::claim("azp", ["https://app.example.com"]);
    let keys = "https://clerk.example.com/.well-known/jwks.json";
    JwtAuthLayer::builder(Issuer::jwks("https://clerk.example.com", keys, audience)).build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/clerk.md"));
    let keys = [site.key.jwk()];
    site.publish_keys("https://clerk.example.com/.well-known/jwks.json", keys);
    site
}

fn id_token(site: &Site) -> Token {
    let token = site.token().without(&["azp", "fva", "o", "sts", "v"]);
    token
        .claim("aud", "2ZMxQ7bVtClientId")
        .claim("nonce", "n-0S6_WzA2Mj")
        .claim("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("user_2ZMxS5jNd3xPr9uZy"));
    assert_eq!(claims.session_id(), Some("sess_2ZMxR1hKc0vLq8tYw"));
    assert_eq!(claims.authorized_party(), Some("https://app.example.com"));
    assert_eq!(claims.get("o").unwrap()["rol"], "admin");
    assert_eq!(site.fetched().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let without_origin = site.token().without(&["azp"]);
    let development = "https://quick-otter-12.clerk.accounts.dev";
    for (token, kind) in [
        (without_origin, ErrorKind::MissingClaim),
        (
            site.token().claim("iss", development),
            ErrorKind::UnknownIssuer,
        ),
        // A customized session token.
        (
            site.token().claim("aud", "https://billing.example.com"),
            ErrorKind::WrongAudience,
        ),
        (id_token(&site), ErrorKind::WrongAudience),
        (
            id_token(&site).claim("azp", "https://app.example.com"),
            ErrorKind::WrongAudience,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_is_not_listed_is_named_in_the_log() {
    let site = site();
    let layer = site.layer(auth);
    let preview = site.token().claim("azp", "http://localhost:3000");
    site.explains(&layer, &preview, ErrorKind::WrongAudience)
        .await;
    for origin in [json!("https://app.example.com/"), json!("app.example.com")] {
        let token = site.token().claim("azp", origin);
        site.rejects(&layer, &token, ErrorKind::WrongAudience).await;
    }
}

/// The note about sessions that were customized to have an `aud`.
#[tokio::test(start_paused = true)]
async fn an_audience_of_a_customized_session_is_compared_beside_the_origin() {
    let site = site();
    let name = "https://orders.example.com";
    let layer = site.layer(|| {
        let audience = Audience::from(name).and_claim("azp", ["https://app.example.com"]);
        let keys = "https://clerk.example.com/.well-known/jwks.json";
        JwtAuthLayer::builder(Issuer::jwks("https://clerk.example.com", keys, audience)).build()
    });
    site.accepts(&layer, &site.token().claim("aud", name)).await;
    site.rejects(&layer, &site.token(), ErrorKind::MissingClaim)
        .await;
}
