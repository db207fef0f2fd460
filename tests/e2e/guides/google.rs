//! Google. Shapes: "OpenID Connect" of Google Identity (discovery document, payload of an ID token)
//! and, for service accounts, "Get an ID token" of Google Cloud.

use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, next_key};
use crate::support::tokio;
use crate::token::Token;

const CERTS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const OTHER_CLIENT: &str = "111111111111-other.apps.googleusercontent.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let client = "915083367709-shop.apps.googleusercontent.com";
    let audience = Audience::from(client).and_claim("azp", [client]);
    let issuer = Issuer::discovery("https://accounts.google.com", audience).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn organization() -> Result<JwtAuthLayer, ConfigError> {
    let client = "915083367709-shop.apps.googleusercontent.com";
    let audience = Audience::from(client).and_claim("azp", [client]);
    let audience = audience.and_claim("hd", ["acme.example.com"]);
    let issuer = Issuer::discovery("https://accounts.google.com", audience).allow_id_tokens();
    JwtAuthLayer::builder(issuer).build()
}

fn service_accounts() -> Result<JwtAuthLayer, ConfigError> {
    let audience = Audience::from("https://orders.acme.example.com");
    let audience = audience.and_claim("sub", ["113774264463038321964"]);
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

const ACCOUNT: &str = "113774264463038321964";
const OTHER_ACCOUNT: &str = "100000000000000000001";

/// Returns the token that a service account, anyone's, gets for an audience of its choice.
fn of_service_account(site: &Site, account: &str, aud: &str) -> Token {
    let token = site.token().without(&["hd", "at_hash", "name", "picture"]);
    let email = "orders-client@shop-12345.iam.gserviceaccount.com";
    let token = token.claim("email", email).claim("aud", aud);
    token.claim("sub", account).claim("azp", account)
}

#[tokio::test(start_paused = true)]
async fn only_listed_service_accounts_are_accepted() {
    let site = site();
    let layer = site.layer(service_accounts);
    let (orders, billing) = (
        "https://orders.acme.example.com",
        "https://billing.acme.example.com",
    );
    let token = |account, aud| of_service_account(&site, account, aud);
    let claims = site.accepts(&layer, &token(ACCOUNT, orders)).await;
    assert_eq!(claims.subject(), Some(ACCOUNT));
    for (token, kind) in [
        (token(ACCOUNT, billing), ErrorKind::WrongAudience),
        (token(OTHER_ACCOUNT, orders), ErrorKind::InvalidClaim),
        (site.token().claim("aud", orders), ErrorKind::InvalidClaim),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
}

#[tokio::test(start_paused = true)]
async fn service_accounts_that_name_the_client_are_rejected() {
    let site = site();
    let client = site.token().text("aud").to_owned();
    for layer in [site.layer(auth), site.layer(organization)] {
        let token = of_service_account(&site, OTHER_ACCOUNT, &client);
        // Tokens of the JWT bearer grant have the address of the account.
        let by_address = token.clone().claim("azp", token.text("email"));
        for token in [token, by_address] {
            site.rejects(&layer, &token, ErrorKind::InvalidClaim).await;
        }
        let without = site.token().without(&["azp"]);
        site.rejects(&layer, &without, ErrorKind::MissingClaim)
            .await;
    }
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
