//! Microsoft Entra ID. Shapes: "Access tokens in the Microsoft identity platform" and "Access token
//! claims reference" (versions 1 and 2, the issuer of a signing key), "ID token claims reference",
//! "Request an access token in Azure AD B2C" and "Overview of tokens in Azure AD B2C". Keys have no
//! `alg`; issue 853 of azure-activedirectory-identitymodel-extensions-for-dotnet has a token for
//! Microsoft Graph, with `nonce` in its header.

mod shapes;

use tower_jwt_auth::{Audience, ConfigError, ErrorKind, Issuer, Tenants};

use self::shapes::{
    OURS, PERSONAL, SERVICE, THEIRS, b2c_site, id_token, issuer_of, of_application, of_b2c,
    of_version_1, personal_key, site, site_with,
};
use crate::site::{JwtAuthLayer, StandIn as _};
use crate::support::tokio;
use crate::token::Token;

fn one_tenant() -> Result<JwtAuthLayer, ConfigError> {
    let tenant = "775527ff-9a37-4307-8b3d-cc311f58d925";
    let name = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let service = Audience::from("6e74172b-be56-4843-9ff4-e66a39bb12e3");
    let issuer = Issuer::discovery(name, service.and_scope("access_as_user"));
    JwtAuthLayer::builder(issuer).build()
}

fn applications() -> Result<JwtAuthLayer, ConfigError> {
    let tenant = "775527ff-9a37-4307-8b3d-cc311f58d925";
    let name = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let service = Audience::from("6e74172b-be56-4843-9ff4-e66a39bb12e3");
    let issuer = Issuer::discovery(name, service.and_claim("roles", ["Orders.Read.All"]));
    JwtAuthLayer::builder(issuer).build()
}

fn many_tenants(tenants: Vec<String>) -> Result<JwtAuthLayer, ConfigError> {
    let all = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
    let name = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let service = Audience::from("6e74172b-be56-4843-9ff4-e66a39bb12e3");
    let issuer = Issuer::discovery(name, service.and_scope("access_as_user"))
        .metadata_url(all)
        .tenants(Tenants::only(tenants).tenant_claim("tid"));
    JwtAuthLayer::builder(issuer).build()
}

fn b2c() -> Result<JwtAuthLayer, ConfigError> {
    let name = "https://contoso.b2clogin.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0/";
    let policy = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin";
    let service = Audience::from("6e74172b-be56-4843-9ff4-e66a39bb12e3")
        .and_claim("tfp", ["B2C_1_signin"])
        .and_scope("access_as_user");
    let issuer = Issuer::discovery(name, service)
        .metadata_url(format!("{policy}/v2.0/.well-known/openid-configuration"));
    JwtAuthLayer::builder(issuer).build()
}

fn version_1() -> Result<JwtAuthLayer, ConfigError> {
    let tenant = "775527ff-9a37-4307-8b3d-cc311f58d925";
    let name = format!("https://sts.windows.net/{tenant}/");
    let metadata =
        format!("https://login.microsoftonline.com/{tenant}/.well-known/openid-configuration");
    let service = Audience::from("api://6e74172b-be56-4843-9ff4-e66a39bb12e3");
    let issuer = Issuer::discovery(name, service.and_scope("access_as_user"));
    let issuer = issuer.metadata_url(metadata);
    JwtAuthLayer::builder(issuer).build()
}

fn ours() -> Vec<String> {
    vec![OURS.to_owned(), PERSONAL.to_owned()]
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
}

#[tokio::test(start_paused = true)]
async fn applications_are_let_in_only_with_a_role_that_was_granted() {
    let site = site();
    let own = of_application(&site);
    for layer in [site.layer(one_tenant), site.layer(|| many_tenants(ours()))] {
        site.rejects(&layer, &own, ErrorKind::InsufficientScope)
            .await;
        let other = site.token().claim("scp", "profile");
        site.rejects(&layer, &other, ErrorKind::InsufficientScope)
            .await;
    }
    let layer = site.layer(applications);
    let granted = |role| own.clone().claim("roles", [role]);
    let claims = site.accepts(&layer, &granted("Orders.Read.All")).await;
    assert_eq!(claims.get("roles").unwrap()[0], "Orders.Read.All");
    for (token, kind) in [
        (own.clone(), ErrorKind::MissingClaim),
        (granted("Orders.Write.All"), ErrorKind::InvalidClaim),
        (site.token(), ErrorKind::MissingClaim),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
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

#[tokio::test(start_paused = true)]
async fn tokens_of_b2c_are_accepted() {
    let site = b2c_site();
    let layer = site.layer(b2c);
    let claims = site.accepts(&layer, &of_b2c(&site)).await;
    assert_eq!(claims.get("tfp").unwrap(), "B2C_1_signin");
    assert!(claims.has_scope("access_as_user"));
    let id_token = of_b2c(&site).without(&["azp", "scp"]);
    let other_aud = "2d4d11a2-f814-46a7-890a-274a72a7309e";
    let other = format!("https://contoso.b2clogin.com/{THEIRS}/v2.0/");
    for (token, kind) in [
        (
            id_token.clone().claim("aud", other_aud),
            ErrorKind::WrongAudience,
        ),
        // That of an application which has the id of the service.
        (id_token, ErrorKind::InsufficientScope),
        (
            of_b2c(&site).claim("tfp", "B2C_1_sign_up"),
            ErrorKind::InvalidClaim,
        ),
        (of_b2c(&site).without(&["tfp"]), ErrorKind::MissingClaim),
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
    let own = of_version_1(&site).without(&["scp"]).claim("idtyp", "app");
    site.rejects(&layer, &own, ErrorKind::InsufficientScope)
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
