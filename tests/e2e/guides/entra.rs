//! Microsoft Entra ID. Shapes: "Access tokens in the Microsoft identity platform" and "Access token
//! claims reference" (versions 1 and 2, the issuer of a signing key), "ID token claims reference",
//! "Request an access token in Azure AD B2C" and "Overview of tokens in Azure AD B2C". Keys have no
//! `alg`; issue 853 of azure-activedirectory-identitymodel-extensions-for-dotnet has a token for
//! Microsoft Graph, with `nonce` in its header.

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer, Tenants};

use crate::site::{JwtAuthLayer, Site, StandIn as _, jwk_with};
use crate::support::tokio;
use crate::token::Token;

const OURS: &str = "775527ff-9a37-4307-8b3d-cc311f58d925";
const THEIRS: &str = "66666666-7777-8888-9999-000000000000";
/// The tenant of personal accounts, which has keys of its own.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const SERVICE: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
const POLICY: &str = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin";

fn one_tenant() -> Result<JwtAuthLayer, ConfigError> {
    let tenant = "775527ff-9a37-4307-8b3d-cc311f58d925";
    let name = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let issuer = Issuer::discovery(name, "6e74172b-be56-4843-9ff4-e66a39bb12e3");
    JwtAuthLayer::builder(issuer).build()
}

fn many_tenants(tenants: Vec<String>) -> Result<JwtAuthLayer, ConfigError> {
    let all = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
    let name = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let issuer = Issuer::discovery(name, "6e74172b-be56-4843-9ff4-e66a39bb12e3")
        .metadata_url(all)
        .tenants(Tenants::only(tenants).tenant_claim("tid"));
    JwtAuthLayer::builder(issuer).build()
}

fn b2c() -> Result<JwtAuthLayer, ConfigError> {
    let name = "https://contoso.b2clogin.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0/";
    let policy = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin";
    let issuer = Issuer::discovery(name, "6e74172b-be56-4843-9ff4-e66a39bb12e3")
        .metadata_url(format!("{policy}/v2.0/.well-known/openid-configuration"));
    JwtAuthLayer::builder(issuer).build()
}

fn version_1() -> Result<JwtAuthLayer, ConfigError> {
    let tenant = "775527ff-9a37-4307-8b3d-cc311f58d925";
    let name = format!("https://sts.windows.net/{tenant}/");
    let metadata =
        format!("https://login.microsoftonline.com/{tenant}/.well-known/openid-configuration");
    let issuer = Issuer::discovery(name, "api://6e74172b-be56-4843-9ff4-e66a39bb12e3")
        .metadata_url(metadata);
    JwtAuthLayer::builder(issuer).build()
}

fn ours() -> Vec<String> {
    vec![OURS.to_owned(), PERSONAL.to_owned()]
}

fn issuer_of(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// Returns the metadata of a tenant, or of `common`.
fn metadata(name: &str, tenant: &str, version: &str) -> Value {
    let url = |path: &str| format!("https://login.microsoftonline.com/{tenant}/{path}");
    json!({
        "token_endpoint": url("oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": url(&format!("discovery/{version}keys")),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "issuer": name,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": url("oauth2/v2.0/authorize"),
        "http_logout_supported": true,
        "end_session_endpoint": url("oauth2/v2.0/logout"),
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    })
}

/// Returns a key as it is published: without `alg`, and with the issuer that it serves.
fn jwk(key: &TestKey, issuer: &str) -> Value {
    let others = json!({
        "alg": null, "x5t": key.key_id(), "x5c": ["MIIC/jCCAeagAwIBAgIJ"], "issuer": issuer,
    });
    jwk_with(key, &others)
}

fn personal_key() -> TestKey {
    TestKey::generate(Algorithm::RS256).with_key_id("personal")
}

/// Publishes the metadata and keys at which versions 1 and 2 look for a tenant.
fn site_with(personal: &TestKey) -> Site {
    let site = Site::new(include_str!("../../../docs/providers/entra.md"));
    let pattern = issuer_of("{tenantid}");
    for (tenant, name) in [("common", &pattern), (OURS, &issuer_of(OURS))] {
        let base = format!("https://login.microsoftonline.com/{tenant}");
        let page = format!("{base}/v2.0/.well-known/openid-configuration");
        site.publish(&page, &metadata(name, tenant, "v2.0/"));
        let keys = [
            jwk(&site.key, &pattern),
            jwk(personal, &issuer_of(PERSONAL)),
        ];
        site.publish_keys(&format!("{base}/discovery/v2.0/keys"), keys);
    }
    let base = format!("https://login.microsoftonline.com/{OURS}");
    let name = format!("https://sts.windows.net/{OURS}/");
    let page = format!("{base}/.well-known/openid-configuration");
    site.publish(&page, &metadata(&name, OURS, ""));
    let keys = [jwk_with(&site.key, &json!({"alg": null, "x5t": "AAAA"}))];
    site.publish_keys(&format!("{base}/discovery/keys"), keys);
    site
}

fn site() -> Site {
    site_with(&personal_key())
}

/// An ID token of version 2.
fn id_token(site: &Site) -> Token {
    site.token()
        .without(&["azp", "azpacr", "scp"])
        .claim("aud", "2d4d11a2-f814-46a7-890a-274a72a7309e")
        .claim("nonce", "12345")
}

/// The token of version 1 for the same call.
fn of_version_1(site: &Site) -> Token {
    site.token()
        .without(&["azp", "azpacr", "preferred_username"])
        .claim("iss", format!("https://sts.windows.net/{OURS}/"))
        .claim("aud", format!("api://{SERVICE}"))
        .claim("appid", "2d4d11a2-f814-46a7-890a-274a72a7309e")
        .claim("appidacr", "0")
        .claim("upn", "alice@contoso.com")
        .claim("ver", "1.0")
        .header("x5t", "CXup1SQ4KBtE3TjKcrCN5zlGwQ8")
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted_from_one_tenant() {
    let site = site();
    let layer = site.layer(one_tenant);
    let claims = site.accepts(&layer, &site.token()).await;
    assert!(claims.has_scope("access_as_user"));
    assert_eq!(
        claims.get("oid").unwrap(),
        "690222be-ff1a-4d56-abd1-7e4f7d38e474"
    );
    let application = site.token().without(&["scp", "preferred_username", "name"]);
    let application = application.claim("roles", ["Orders.Read.All"]);
    let claims = site.accepts(&layer, &application).await;
    assert_eq!(claims.get("roles").unwrap()[0], "Orders.Read.All");
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(one_tenant);
    let theirs = site.token().claim("iss", issuer_of(THEIRS));
    for (token, kind) in [
        (theirs.claim("tid", THEIRS), ErrorKind::UnknownIssuer),
        (
            site.token().claim("aud", format!("api://{SERVICE}")),
            ErrorKind::WrongAudience,
        ),
        (id_token(&site), ErrorKind::WrongTokenType),
        (
            id_token(&site).claim("aud", SERVICE),
            ErrorKind::WrongTokenType,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_listed_tenants_are_accepted_with_the_keys_of_each() {
    let personal = personal_key();
    let site = site_with(&personal);
    let layer = site.layer(|| many_tenants(ours()));
    let claims = site.accepts(&layer, &site.token()).await;
    assert_eq!(claims.issuer(), issuer_of(OURS));
    let of_person = site.token().claim("iss", issuer_of(PERSONAL));
    let of_person = of_person.claim("tid", PERSONAL);
    // The shared key may sign for every tenant, and the other one for its own tenant only.
    site.accepts(&layer, &of_person).await;
    let own_id = |token: Token| token.header("kid", "personal").sign(&personal);
    site.accepts_text(&layer, &own_id(of_person)).await;
    site.rejects_text(&layer, &own_id(site.token()), ErrorKind::UnknownKey)
        .await;
}

#[tokio::test(start_paused = true)]
async fn tokens_of_other_tenants_are_rejected() {
    let site = site();
    let layer = site.layer(|| many_tenants(ours()));
    let theirs = site.token().claim("iss", issuer_of(THEIRS));
    for (token, kind) in [
        (theirs.claim("tid", THEIRS), ErrorKind::UnknownIssuer),
        (site.token().claim("tid", THEIRS), ErrorKind::InvalidClaim),
        (site.token().without(&["tid"]), ErrorKind::MissingClaim),
        (
            id_token(&site).claim("aud", SERVICE),
            ErrorKind::WrongTokenType,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

/// Publishes a policy of B2C.
fn b2c_site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/entra.md"));
    let endpoint = |name: &str| format!("{POLICY}/oauth2/v2.0/{name}");
    let keys = format!("{POLICY}/discovery/v2.0/keys");
    let metadata = json!({
        "issuer": format!("https://contoso.b2clogin.com/{OURS}/v2.0/"),
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "end_session_endpoint": endpoint("logout"),
        "jwks_uri": keys,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["oid", "sub", "tfp", "iss", "iat", "exp", "aud", "acr", "nonce"],
    });
    let page = format!("{POLICY}/v2.0/.well-known/openid-configuration");
    site.publish(&page, &metadata);
    let members = json!({"alg": null, "nbf": 1_493_763_266});
    site.publish_keys(&keys, [jwk_with(&site.key, &members)]);
    site
}

fn of_b2c(site: &Site) -> Token {
    site.token()
        .without(&["aio", "azpacr", "preferred_username", "rh", "tid", "uti"])
        .claim("iss", format!("https://contoso.b2clogin.com/{OURS}/v2.0/"))
        .claim("tfp", "B2C_1_signin")
        .claim("nonce", "defaultNonce")
        .claim("ver", "1.0")
}

#[tokio::test(start_paused = true)]
async fn tokens_of_b2c_are_accepted() {
    let site = b2c_site();
    let layer = site.layer(b2c);
    let claims = site.accepts(&layer, &of_b2c(&site)).await;
    assert_eq!(claims.get("tfp").unwrap(), "B2C_1_signin");
    assert!(claims.has_scope("access_as_user"));
    let id_token = of_b2c(&site).without(&["azp", "scp"]);
    let id_token = id_token.claim("aud", "2d4d11a2-f814-46a7-890a-274a72a7309e");
    let other = format!("https://contoso.b2clogin.com/{THEIRS}/v2.0/");
    for (token, kind) in [
        (id_token, ErrorKind::WrongAudience),
        (of_b2c(&site).claim("iss", other), ErrorKind::UnknownIssuer),
        (site.token(), ErrorKind::UnknownIssuer),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &of_b2c(&site)).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_of_version_1_are_accepted_where_their_names_are_configured() {
    let site = site();
    let layer = site.layer(version_1);
    let claims = site.accepts(&layer, &of_version_1(&site)).await;
    assert_eq!(claims.get("upn").unwrap(), "alice@contoso.com");
    let id_token = of_version_1(&site).without(&["appid", "appidacr", "scp"]);
    site.rejects(&layer, &id_token, ErrorKind::WrongTokenType)
        .await;
    site.rejects(&layer, &site.token(), ErrorKind::UnknownIssuer)
        .await;
    site.rejects_other_keys(&layer, &of_version_1(&site)).await;
}

#[tokio::test(start_paused = true)]
async fn of_a_token_for_microsoft_graph_the_log_says_what_to_ask_for() {
    let site = site();
    let layer = site.layer(one_tenant);
    let token = of_version_1(&site)
        .claim("aud", "00000003-0000-0000-c000-000000000000")
        .claim("scp", "User.Read profile openid email")
        .header("nonce", "AQABAAAAAACJJBoKBHg2R5bc8AYMJWiN");
    site.explains_as(0, &layer, &token, ErrorKind::UnknownIssuer)
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_a_token_of_version_1_the_log_says_how_to_get_version_2() {
    let site = site();
    let layer = site.layer(one_tenant);
    let token = of_version_1(&site);
    site.explains_as(1, &layer, &token, ErrorKind::UnknownIssuer)
        .await;
}
