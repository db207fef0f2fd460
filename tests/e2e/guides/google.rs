//! Google. Shapes: "OpenID Connect" of Google Identity (discovery document, payload of an ID token)
//! and, for service accounts, "Get an ID token" of Google Cloud.

use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, next_key};
use crate::support::tokio;

const CERTS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const OTHER_CLIENT: &str = "111111111111-other.apps.googleusercontent.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let client = "915083367709-shop.apps.googleusercontent.com";
    let issuer = Issuer::discovery("https://accounts.google.com", client).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn organization() -> Result<JwtAuthLayer, ConfigError> {
    let client = "915083367709-shop.apps.googleusercontent.com";
    let audience = Audience::from(client).and_claim("hd", ["acme.example.com"]);
    let issuer = Issuer::discovery("https://accounts.google.com", audience).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn metadata() -> Value {
    json!({
        "issuer": "https://accounts.google.com",
        "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
        "token_endpoint": "https://oauth2.googleapis.com/token",
        "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
        "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
        "jwks_uri": CERTS,
        "response_types_supported": ["code", "token", "id_token", "code token", "none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "code_challenge_methods_supported": ["plain", "S256"],
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/google.md"));
    let url = "https://accounts.google.com/.well-known/openid-configuration";
    site.publish(url, &metadata());
    let other = next_key(Algorithm::RS256);
    site.publish_keys(CERTS, [other.jwk(), site.key.jwk()]);
    site
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("107691503500060507151"));
    assert_eq!(claims.get("email").unwrap(), "alice@acme.example.com");
    assert_eq!(claims.scopes().count(), 0);
    let consumer = site.token().without(&["hd", "at_hash"]);
    site.accepts(&layer, &consumer).await;
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_service_account_is_accepted_for_the_audience_that_it_names() {
    let site = site();
    let layer = site.layer(|| {
        let audience = "https://orders.acme.example.com";
        let issuer = Issuer::discovery("https://accounts.google.com", audience);
        JwtAuthLayer::builder(issuer.allow_id_tokens()).build()
    });
    let account = "113774264463038321964";
    let token = site.token().without(&["hd", "at_hash", "name", "picture"]);
    let token = token.claim("sub", account).claim("azp", account);
    let token = token.claim("email", "orders-client@shop-12345.iam.gserviceaccount.com");
    let ours = token
        .clone()
        .claim("aud", "https://orders.acme.example.com");
    site.accepts(&layer, &ours).await;
    let theirs = token.claim("aud", "https://billing.acme.example.com");
    site.rejects(&layer, &theirs, ErrorKind::WrongAudience)
        .await;
}

#[tokio::test(start_paused = true)]
async fn only_members_of_the_organization_are_accepted_if_the_guide_says_so() {
    let site = site();
    let layer = site.layer(organization);
    site.accepts(&layer, &site.token()).await;
    for (token, kind) in [
        (site.token().without(&["hd"]), ErrorKind::MissingClaim),
        (
            site.token().claim("hd", "other.example.com"),
            ErrorKind::InvalidClaim,
        ),
        (
            site.token().claim("aud", OTHER_CLIENT),
            ErrorKind::WrongAudience,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    for (token, kind) in [
        (
            site.token().claim("aud", OTHER_CLIENT),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().claim("iss", "accounts.google.com"),
            ErrorKind::UnknownIssuer,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn of_an_access_token_the_log_says_what_to_send() {
    let site = site();
    let layer = site.layer(auth);
    let opaque = "ya29.a0AfB_byC-made-up-2Fq8h1xkzZQyq0dBv3p";
    site.explains_text(0, &layer, opaque, ErrorKind::MalformedToken)
        .await;
    assert!(site.fetched().is_empty());
}
