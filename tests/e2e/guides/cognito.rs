//! Amazon Cognito. Shapes: "Understanding the access token", "Understanding the identity token" and
//! "Verifying JSON web tokens" of the developer guide (two keys, headers without `typ`).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, next_key};
use crate::support::tokio;
use crate::token::Token;

const POOL: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123";
const CLIENT: &str = "4f5example23cdl2wogikz5rm8l";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123";
    let clients = ["4f5example23cdl2wogikz5rm8l"];
    let audience = Audience::claim("client_id", clients).and_claim("token_use", ["access"]);
    JwtAuthLayer::builder(Issuer::discovery(pool, audience)).build()
}

fn client_as_audience() -> Result<JwtAuthLayer, ConfigError> {
    JwtAuthLayer::builder(Issuer::discovery(POOL, CLIENT)).build()
}

fn metadata() -> Value {
    let domain = "https://acme.auth.eu-central-1.amazoncognito.com";
    json!({
        "authorization_endpoint": format!("{domain}/oauth2/authorize"),
        "end_session_endpoint": format!("{domain}/logout"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": POOL,
        "jwks_uri": format!("{POOL}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{domain}/oauth2/revoke"),
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{domain}/oauth2/token"),
        "userinfo_endpoint": format!("{domain}/oauth2/userInfo"),
    })
}

/// Returns a pool, and its key for ID tokens.
fn site() -> (Site, TestKey) {
    let site = Site::new(include_str!("../../../docs/providers/cognito.md"));
    site.publish(
        &format!("{POOL}/.well-known/openid-configuration"),
        &metadata(),
    );
    let for_id_tokens = next_key(Algorithm::RS256)
        .clone()
        .with_key_id("abcdefghijklmnopqrsexample+ABCDEFGHIJKLMNOP=");
    let keys = [for_id_tokens.jwk(), site.key.jwk()];
    site.publish_keys(&format!("{POOL}/.well-known/jwks.json"), keys);
    (site, for_id_tokens)
}

fn id_token(site: &Site) -> Token {
    site.token()
        .without(&["client_id", "scope", "username", "version"])
        .claim("aud", CLIENT)
        .claim("token_use", "id")
        .claim("cognito:username", "alice")
        .claim("email_verified", true)
        .claim("email", "alice@example.com")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let (site, _) = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(
        claims.subject(),
        Some("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
    );
    assert_eq!(claims.client_id(), Some(CLIENT));
    assert!(claims.has_scope("orders/read"));
    assert_eq!(claims.get("cognito:groups").unwrap()[0], "clerks");
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let (site, _) = site();
    let layer = site.layer(auth);
    let other_pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_GhIjKl456";
    for (token, kind) in [
        (
            site.token().claim("client_id", "other"),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().without(&["client_id"]),
            ErrorKind::MissingClaim,
        ),
        (
            site.token().claim("aud", "https://billing.example.com"),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().without(&["token_use"]),
            ErrorKind::MissingClaim,
        ),
        (
            site.token().claim("iss", other_pool),
            ErrorKind::UnknownIssuer,
        ),
        // With the claim that access tokens have, too.
        (
            id_token(&site).claim("client_id", CLIENT),
            ErrorKind::WrongTokenType,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn with_the_client_id_as_audience_the_log_says_that_aud_is_absent() {
    let (site, _) = site();
    let layer = site.layer(client_as_audience);
    site.explains_as(0, &layer, &site.token(), ErrorKind::MissingClaim)
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_an_id_token_the_log_says_what_it_is() {
    let (site, for_id_tokens) = site();
    let layer = site.layer(auth);
    let token = id_token(&site).header("kid", for_id_tokens.key_id());
    let token = token.sign(&for_id_tokens);
    site.explains_text(1, &layer, &token, ErrorKind::WrongTokenType)
        .await;
}
