//! Okta. Shapes: "Build a JWT for access tokens" and the reference of "OpenID Connect & OAuth 2.0"
//! (endpoints below `/oauth2/default/v1`, tokens without `typ`); for the org authorization server,
//! "Authorization servers", and issue 16 of okta-jwt-verifier-python.

use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, next_key};
use crate::support::tokio;
use crate::token::Token;

const SERVER: &str = "https://acme.okta.com/oauth2/default";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::discovery("https://acme.okta.com/oauth2/default", "api://default");
    JwtAuthLayer::builder(issuer).build()
}

fn metadata() -> Value {
    let endpoint = |name: &str| format!("{SERVER}/v1/{name}");
    json!({
        "issuer": SERVER,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "userinfo_endpoint": endpoint("userinfo"),
        "registration_endpoint": "https://acme.okta.com/oauth2/v1/clients",
        "jwks_uri": endpoint("keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "code token"],
        "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "introspection_endpoint": endpoint("introspect"),
        "revocation_endpoint": endpoint("revoke"),
        "end_session_endpoint": endpoint("logout"),
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/okta.md"));
    site.publish(
        &format!("{SERVER}/.well-known/openid-configuration"),
        &metadata(),
    );
    let next = next_key(Algorithm::RS256);
    let keys = [site.key.jwk(), next.jwk()];
    site.publish_keys(&format!("{SERVER}/v1/keys"), keys);
    site
}

fn id_token(site: &Site) -> Token {
    let user = site.token().get("uid").clone();
    site.token()
        .without(&["cid", "uid", "scp"])
        .claim("sub", user)
        .claim("aud", "0oa1eplqq5wg4IIfW1d8")
        .claim("jti", "ID.4eAWJOCMB3SX8XewDfVR8E7LpvDVjxypPMf0D7uX39R")
        .claim("amr", ["pwd"])
        .claim("idp", "00ok1u7AsAkrwdZL3z0g3")
        .claim("nonce", "UBGW")
        .claim("at_hash", "preview_at_hash")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.subject(), Some("alice@example.com"));
    assert_eq!(claims.get("uid").unwrap(), "00u1hcokxx8s961mm1d8");
    assert_eq!(claims.get("cid").unwrap(), "0oa1eplqq5wg4IIfW1d8");
    assert!(claims.has_scope("orders:read") && claims.has_scope("openid"));
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let other_server = "https://acme.okta.com/oauth2/aus1epluqs85yoej1d8";
    for (token, kind) in [
        (id_token(&site), ErrorKind::WrongAudience),
        (
            site.token().claim("aud", "api://billing"),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().claim("iss", other_server),
            ErrorKind::UnknownIssuer,
        ),
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
async fn of_a_token_for_okta_itself_the_log_says_which_server_to_use() {
    let site = site();
    let layer = site.layer(auth);
    let org = "https://acme.okta.com";
    let token = site.token().claim("iss", org).claim("aud", org);
    let token = token.header("kid", "ZkvelLN_seik7w4pc_prCcfUf-h2hFfiwkDeCrs0iUc");
    site.explains(&layer, &token, ErrorKind::UnknownIssuer)
        .await;
    assert!(site.fetched().is_empty());
}
