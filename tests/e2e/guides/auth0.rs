//! Auth0. Shapes: "Access Token Profiles", "JSON Web Key Set Properties" (a set has the key in use
//! and the next one, each with a certificate), "ID Token Structure"; tokens without `audience` are
//! JWEs whose header names the issuer.

use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer, TokenType};

use crate::site::{JwtAuthLayer, Site, StandIn as _, jwk_with, next_key};
use crate::support::{encode, tokio};
use crate::token::Token;

const CLIENT: &str = "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://acme.eu.auth0.com/", "https://orders.example.com");
    JwtAuthLayer::builder(issuer).build()
}

fn without_slash() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://acme.eu.auth0.com", "https://orders.example.com");
    JwtAuthLayer::builder(issuer).build()
}

fn metadata() -> Value {
    let url = |path: &str| format!("https://acme.eu.auth0.com/{path}");
    json!({
        "issuer": url(""),
        "authorization_endpoint": url("authorize"),
        "token_endpoint": url("oauth/token"),
        "device_authorization_endpoint": url("oauth/device/code"),
        "userinfo_endpoint": url("userinfo"),
        "mfa_challenge_endpoint": url("mfa/challenge"),
        "jwks_uri": url(".well-known/jwks.json"),
        "registration_endpoint": url("oidc/register"),
        "revocation_endpoint": url("oauth/revoke"),
        "scopes_supported": ["openid", "profile", "offline_access", "email"],
        "response_types_supported": ["code", "token", "id_token", "code token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        "request_uri_parameter_supported": false,
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/auth0.md"));
    let url = "https://acme.eu.auth0.com/.well-known/openid-configuration";
    site.publish(url, &metadata());
    let certificate = |id: &str| json!({"kid": id, "x5t": id, "x5c": ["MIIDBzCCAe+gAwIBAgIJ"]});
    let keys = [
        jwk_with(&site.key, &certificate(site.key.key_id())),
        jwk_with(
            next_key(Algorithm::RS256),
            &certificate("MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"),
        ),
    ];
    site.publish_keys("https://acme.eu.auth0.com/.well-known/jwks.json", keys);
    site
}

fn id_token(site: &Site) -> Token {
    site.token()
        .without(&["scope", "azp", "permissions"])
        .claim("aud", CLIENT)
        .claim("nickname", "alice")
        .claim("email_verified", true)
        .claim("sid", "qVf2Y1b3X5o7lJ0Gk9Tn")
        .claim("nonce", "MDEyMzQ1Njc4OWFiY2RlZg==")
}

/// A token of the profile of RFC 9068.
fn rfc9068(site: &Site) -> Token {
    site.token()
        .without(&["azp"])
        .header("typ", "at+jwt")
        .claim("client_id", CLIENT)
        .claim("jti", "73WakrfVbNJBaAmhQtEeDv")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("auth0|6553da60a54af58e29493993"));
    assert_eq!(claims.authorized_party(), Some(CLIENT));
    assert!(claims.has_scope("orders:read"));
    assert_eq!(claims.get("permissions").unwrap()[0], "orders:read");

    let machine = site.token().claim("sub", format!("{CLIENT}@clients"));
    let machine = machine.claim("aud", "https://orders.example.com");
    let machine = machine.claim("gty", "client-credentials");
    site.accepts(&layer, &machine).await;
}

#[tokio::test(start_paused = true)]
async fn the_profile_of_rfc_9068_has_a_type_that_can_be_required() {
    let site = site();
    let claims = site.accepts(&site.layer(auth), &rfc9068(&site)).await;
    assert_eq!(*claims.token_type(), TokenType::AccessToken);
    assert_eq!(claims.client_id(), Some(CLIENT));

    let strict = || {
        let name = "https://acme.eu.auth0.com/";
        let issuer = Issuer::discovery(name, "https://orders.example.com");
        JwtAuthLayer::builder(issuer).access_tokens_only().build()
    };
    let layer = site.layer(strict);
    site.accepts(&layer, &rfc9068(&site)).await;
    let id_token = id_token(&site).claim("aud", "https://orders.example.com");
    for token in [site.token(), id_token] {
        site.rejects(&layer, &token, ErrorKind::WrongTokenType)
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let userinfo = "https://acme.eu.auth0.com/userinfo";
    let management = "https://acme.eu.auth0.com/api/v2/";
    for (token, kind) in [
        (id_token(&site), ErrorKind::WrongAudience),
        (
            site.token().claim("aud", [userinfo]),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().claim("aud", [management]),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().claim("iss", "https://acme.us.auth0.com/"),
            ErrorKind::UnknownIssuer,
        ),
        (
            site.token().header("alg", "HS256"),
            ErrorKind::AlgorithmNotAllowed,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn of_a_token_without_an_audience_the_log_says_that_it_is_encrypted() {
    let site = site();
    let layer = site.layer(auth);
    let header = r#"{"alg":"dir","enc":"A256GCM","iss":"https://acme.eu.auth0.com/"}"#;
    let encrypted = format!(
        "{}..{}.{}.{}",
        encode(header),
        encode("twelve bytes"),
        encode("the claims, which only Auth0 can read"),
        encode("sixteen bytes ..")
    );
    site.explains_text(0, &layer, &encrypted, ErrorKind::MalformedToken)
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_an_issuer_without_its_slash_the_log_says_how_it_differs() {
    let site = site();
    let layer = site.layer(without_slash);
    site.explains_as(1, &layer, &site.token(), ErrorKind::UnknownIssuer)
        .await;
    assert!(site.fetched().is_empty());
}
