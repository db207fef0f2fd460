//! Zitadel. Shapes: "Claims" (which claims are in which token: `jti` in access tokens only),
//! "Scopes" (the audience of a project), the metadata and keys at `/oauth/v2/keys`, and issue 9200
//! of zitadel/zitadel (a JWT access token).

use serde_json::{Value, json};
use tower_jwt_auth::{Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;
use crate::support::{ask, bearer};
use crate::token::Token;

const INSTANCE: &str = "https://shop.zitadel.cloud";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let audience = Audience::from("328859038097867422").and_claim_present("jti");
    let issuer = Issuer::discovery("https://shop.zitadel.cloud", audience);
    JwtAuthLayer::builder(issuer).build()
}

fn metadata() -> Value {
    let endpoint = |name: &str| format!("{INSTANCE}/oauth/v2/{name}");
    json!({
        "issuer": INSTANCE,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "introspection_endpoint": endpoint("introspect"),
        "userinfo_endpoint": format!("{INSTANCE}/oidc/v1/userinfo"),
        "revocation_endpoint": endpoint("revoke"),
        "end_session_endpoint": format!("{INSTANCE}/oidc/v1/end_session"),
        "device_authorization_endpoint": endpoint("device_authorization"),
        "jwks_uri": endpoint("keys"),
        "scopes_supported": ["openid", "profile", "email", "phone", "address", "offline_access"],
        "response_types_supported": ["code", "id_token", "id_token token"],
        "grant_types_supported": [
            "authorization_code", "implicit", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
    })
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/zitadel.md"));
    site.publish(
        &format!("{INSTANCE}/.well-known/openid-configuration"),
        &metadata(),
    );
    site.publish_keys(&format!("{INSTANCE}/oauth/v2/keys"), [site.key.jwk()]);
    site
}

/// The ID token of the same sign-in: its `aud` is the same.
fn id_token(site: &Site) -> Token {
    let token = site.token().without(&["jti", "nbf"]);
    token
        .claim("azp", "328859038248927902")
        .claim("amr", ["pwd", "mfa", "otp"])
        .claim("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
        .claim("nonce", "n-0S6_WzA2Mj")
        .claim("sid", "V1_391187731641798501")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let roles = "urn:zitadel:iam:org:project:328859038097867422:roles";
    let granted = json!({"clerk": {"328859037946872414": "acme.shop.zitadel.cloud"}});
    let token = site.token().claim(roles, granted);
    let claims = site.accepts(&layer, &token).await;
    assert_eq!(claims.subject(), Some("383942323576245195"));
    assert_eq!(claims.client_id(), Some("328859038248927902"));
    assert!(claims.get(roles).unwrap().get("clerk").is_some());
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    site.rejects(&layer, &id_token(&site), ErrorKind::MissingClaim)
        .await;
    let elsewhere = site.token().claim("iss", "https://other.zitadel.cloud");
    site.rejects(&layer, &elsewhere, ErrorKind::UnknownIssuer)
        .await;
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn without_the_scope_of_the_project_the_log_says_what_is_missing() {
    let site = site();
    let layer = site.layer(auth);
    let own = ["391000670091676619", "390859038097867011"];
    let token = site.token().claim("aud", own);
    site.explains(&layer, &token, ErrorKind::WrongAudience)
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_opaque_token_is_malformed() {
    let site = site();
    let layer = site.layer(auth);
    let opaque = "bXktb3BhcXVlLXRva2VuLW9mLXppdGFkZWwtd2l0aG91dC1hbnktZG90";
    let answer = ask(&layer, bearer(opaque)).await;
    answer.invalid_token(ErrorKind::MalformedToken);
}
