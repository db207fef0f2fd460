//! Cloudflare Access. Shapes: "Validate JWTs" (the keys, twice: as JWK and as certificates) and
//! "Application token" (header, claims of users and of service tokens, `type`).

use http::HeaderName;
use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Audience, ConfigError, ErrorKind, Issuer, TokenSource};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;
use crate::support::{ask, bearer};
use crate::token::Token;

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let tag = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228";
    let audience = Audience::from(tag).and_claim("type", ["app"]);
    let keys = "https://shop.cloudflareaccess.com/cdn-cgi/access/certs";
    let issuer = Issuer::jwks("https://shop.cloudflareaccess.com", keys, audience);
    let assertion = TokenSource::header(HeaderName::from_static("cf-access-jwt-assertion"));
    JwtAuthLayer::builder(issuer)
        .token_sources([assertion])
        .build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/cloudflare_access.md"));
    let site = site.with_header("cf-access-jwt-assertion");
    let previous = TestKey::generate(Algorithm::RS256);
    let certificate = |key: &TestKey| {
        json!({
            "kid": key.key_id(),
            "cert": "-----BEGIN CERTIFICATE-----\nMIIDTTCCAjWgAwIBAgIR\n-----END CERTIFICATE-----\n",
        })
    };
    let keys = json!({
        "keys": [previous.jwk(), site.key.jwk()],
        "public_cert": certificate(&site.key),
        "public_certs": [certificate(&previous), certificate(&site.key)],
    });
    site.publish(
        "https://shop.cloudflareaccess.com/cdn-cgi/access/certs",
        &keys,
    );
    site
}

/// The token of a program, which has authenticated with a service token.
fn service_token(site: &Site) -> Token {
    let token = site
        .token()
        .without(&["email", "identity_nonce", "country"]);
    token
        .claim("sub", "")
        .claim("common_name", "e367826f93b8d71185e03fe518aff3b4.access")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(
        claims.subject(),
        Some("7335d417-61da-459d-899c-0a01c76a2f94")
    );
    assert_eq!(claims.get("email").unwrap(), "alice@example.com");
    let claims = site.accepts(&layer, &service_token(&site)).await;
    assert_eq!(claims.subject(), Some(""));
    assert!(claims.get("common_name").is_some());
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let other_team = "https://other.cloudflareaccess.com";
    for (token, kind) in [
        (site.token().claim("type", "org"), ErrorKind::InvalidClaim),
        (site.token().without(&["aud"]), ErrorKind::MissingClaim),
        (
            site.token().claim("iss", other_team),
            ErrorKind::UnknownIssuer,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn the_tag_of_another_application_is_named_in_the_log() {
    let site = site();
    let layer = site.layer(auth);
    let wiki = "97e2aae120121f902df8bc99fc345913ab186d174f3079ea729236766b2e7c4a";
    let token = site.token().claim("aud", [wiki]);
    site.explains(&layer, &token, ErrorKind::WrongAudience)
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_token_is_read_from_the_header_of_access_only() {
    let site = site();
    let layer = site.layer(auth);
    let token = site.token().sign(&site.key);
    ask(&layer, bearer(&token)).await.no_token();
}
