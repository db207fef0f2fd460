//! What Microsoft Entra ID serves and issues.

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::site::{Site, jwk_with, next_key};
use crate::token::Token;

pub(super) const OURS: &str = "775527ff-9a37-4307-8b3d-cc311f58d925";
pub(super) const THEIRS: &str = "66666666-7777-8888-9999-000000000000";
/// The tenant of personal accounts, which has keys of its own.
pub(super) const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
pub(super) const SERVICE: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
const POLICY: &str = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin";

pub(super) fn issuer_of(tenant: &str) -> String {
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

pub(super) fn personal_key() -> TestKey {
    next_key(Algorithm::RS256).clone().with_key_id("personal")
}

/// Publishes the metadata and keys at which versions 1 and 2 look for a tenant.
pub(super) fn site_with(personal: &TestKey) -> Site {
    let site = Site::new(include_str!("../../../../docs/providers/entra.md"));
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

pub(super) fn site() -> Site {
    site_with(&personal_key())
}

/// An ID token of version 2.
pub(super) fn id_token(site: &Site) -> Token {
    site.token()
        .without(&["azp", "azpacr", "scp"])
        .claim("aud", "2d4d11a2-f814-46a7-890a-274a72a7309e")
        .claim("nonce", "12345")
}

/// A token that any application of the tenant gets for this service on its own, without a permission.
pub(super) fn of_application(site: &Site) -> Token {
    site.token()
        .without(&["scp", "preferred_username", "name"])
        .claim("azp", "0f0e0d0c-9a37-4307-8b3d-cc311f58d925")
        .claim("azpacr", "1")
        .claim("idtyp", "app")
}

/// The token of version 1 for the same call.
pub(super) fn of_version_1(site: &Site) -> Token {
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

/// Publishes a policy of B2C.
pub(super) fn b2c_site() -> Site {
    let site = Site::new(include_str!("../../../../docs/providers/entra.md"));
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

pub(super) fn of_b2c(site: &Site) -> Token {
    site.token()
        .without(&["aio", "azpacr", "preferred_username", "rh", "tid", "uti"])
        .claim("iss", format!("https://contoso.b2clogin.com/{OURS}/v2.0/"))
        .claim("tfp", "B2C_1_signin")
        .claim("nonce", "defaultNonce")
        .claim("ver", "1.0")
}
