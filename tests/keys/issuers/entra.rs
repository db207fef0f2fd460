//! One key set and an issuer for each tenant, as Microsoft Entra ID has it: the metadata that all
//! tenants share names the issuer as a pattern, and so does each key, or it names one tenant.

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, Tenants};

use crate::issuers::site::{
    AUDIENCE, Site, authenticator, cached, jwk_with, jwks, rejection, token,
};
use crate::support::tokio;

const PATTERN: &str = "https://login.example/{tenantid}/v2.0";
const COMMON: &str = "https://login.example/common/v2.0";
const KEYS: &str = "https://login.example/common/discovery/v2.0/keys";
const OURS: &str = "11111111-2222-3333-4444-555555555555";
const THEIRS: &str = "66666666-7777-8888-9999-000000000000";
/// The tenant of personal accounts, which has keys of its own in the shared set.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn of(tenant: &str) -> String {
    format!("https://login.example/{tenant}/v2.0")
}

fn site(keys: impl IntoIterator<Item = Value>) -> Site {
    let site = Site::default();
    site.page(
        format!("{COMMON}/.well-known/openid-configuration"),
        &json!({ "issuer": PATTERN, "jwks_uri": KEYS }),
    );
    site.page(KEYS, &jwks(keys));
    site
}

fn issuer(site: &Site, tenants: Tenants) -> Issuer {
    Issuer::discovery(PATTERN, AUDIENCE)
        .metadata_url(format!("{COMMON}/.well-known/openid-configuration"))
        .tenants(tenants.tenant_claim("tid"))
        .http_client(site.client())
}

/// Returns an authenticator for two tenants, whose keys are this one.
fn two_tenants(key: &TestKey) -> (Site, Authenticator) {
    let site = site([jwk_with(key, "issuer", PATTERN)]);
    let authenticator = authenticator(issuer(&site, Tenants::only([OURS, PERSONAL])));
    (site, authenticator)
}

fn token_of(key: &TestKey, tenant: &str) -> String {
    token(key, &of(tenant)).claim("tid", tenant).sign()
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_allowed_tenants_are_accepted_with_the_keys_that_all_share() {
    let key = TestKey::generate(Algorithm::RS256);
    let (site, authenticator) = two_tenants(&key);
    for tenant in [OURS, PERSONAL, OURS] {
        let claims = authenticator.authenticate(&token_of(&key, tenant)).await;
        assert_eq!(claims.unwrap().issuer(), of(tenant));
    }
    let metadata = format!("{COMMON}/.well-known/openid-configuration");
    assert_eq!(site.fetched(), [metadata.as_str(), KEYS]);
    assert_eq!(cached(&authenticator), [PATTERN]);
}

#[tokio::test(start_paused = true)]
async fn a_predicate_allows_tenants_too() {
    let key = TestKey::generate(Algorithm::ES256);
    let site = site([jwk_with(&key, "issuer", PATTERN)]);
    let tenants = Tenants::allowed_by(|tenant| tenant.starts_with('1'));
    let authenticator = authenticator(issuer(&site, tenants));
    assert_eq!(rejection(&authenticator, &token_of(&key, OURS)).await, None);
    assert_eq!(
        rejection(&authenticator, &token_of(&key, THEIRS)).await,
        Some(ErrorKind::UnknownIssuer)
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_not_allowed_is_an_unknown_issuer_and_causes_no_fetch() {
    let key = TestKey::generate(Algorithm::ES256);
    let (site, authenticator) = two_tenants(&key);
    for tenant in [THEIRS, "common", "{tenantid}", &PERSONAL.to_uppercase()] {
        assert_eq!(
            rejection(&authenticator, &token_of(&key, tenant)).await,
            Some(ErrorKind::UnknownIssuer),
            "{tenant}"
        );
    }
    assert_eq!(
        rejection(&authenticator, &token(&key, COMMON).sign()).await,
        Some(ErrorKind::UnknownIssuer)
    );
    assert!(site.fetched().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_claim_of_the_tenant_must_be_the_tenant_of_the_issuer() {
    let key = TestKey::generate(Algorithm::ES256);
    let (_site, authenticator) = two_tenants(&key);
    let token = || token(&key, &of(OURS));
    let cases = [
        (token().claim("tid", PERSONAL), ErrorKind::InvalidClaim),
        (token().claim("tid", ""), ErrorKind::InvalidClaim),
        (
            token().claim("tid", format!("{OURS} ")),
            ErrorKind::InvalidClaim,
        ),
        (token().claim("tid", [OURS]), ErrorKind::InvalidClaim),
        (token().claim("tid", 1), ErrorKind::InvalidClaim),
        (token().claim("tid", Value::Null), ErrorKind::InvalidClaim),
        (token().claim("TID", OURS), ErrorKind::MissingClaim),
        (
            token().claim("x", json!({ "tid": OURS })),
            ErrorKind::MissingClaim,
        ),
        (token(), ErrorKind::MissingClaim),
    ];
    for (index, (token, expected)) in cases.into_iter().enumerate() {
        let rejection = rejection(&authenticator, &token.sign()).await;
        assert_eq!(rejection, Some(expected), "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_the_tenant_that_is_written_with_escapes_is_the_same() {
    let key = TestKey::generate(Algorithm::ES256).with_key_id("key");
    let (_site, authenticator) = two_tenants(&key);
    let valid = token_of(&key, OURS);
    let payload = String::from_utf8(crate::support::decode(valid.split('.').nth(1).unwrap()));
    let escaped = payload
        .unwrap()
        .replace("\"tid\":\"1", "\"t\\u0069d\":\"\\u0031");
    assert!(escaped.contains("\\u0031"));
    let header = r#"{"alg":"ES256","kid":"key","typ":"JWT"}"#;
    let token = key.sign_raw(header, escaped.as_bytes());
    assert_eq!(rejection(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_a_tenant_serves_that_tenant_only() {
    let all = TestKey::generate(Algorithm::ES256);
    let personal = TestKey::generate(Algorithm::ES256);
    let other = TestKey::generate(Algorithm::ES256);
    let site = site([
        jwk_with(&all, "issuer", PATTERN),
        jwk_with(&personal, "issuer", of(PERSONAL)),
        jwk_with(
            &other,
            "issuer",
            "https://login.elsewhere.example/{tenantid}/v2.0",
        ),
    ]);
    let authenticator = authenticator(issuer(&site, Tenants::only([OURS, PERSONAL])));
    let rejected = [
        rejection(&authenticator, &token_of(&all, OURS)).await,
        rejection(&authenticator, &token_of(&personal, PERSONAL)).await,
        rejection(&authenticator, &token_of(&personal, OURS)).await,
        rejection(&authenticator, &token_of(&other, OURS)).await,
    ];
    let unknown = Some(ErrorKind::UnknownKey);
    assert_eq!(rejected, [None, None, unknown, unknown]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_twice_serves_both_issuers_that_it_names() {
    let key = TestKey::generate(Algorithm::ES256);
    let site = site([
        jwk_with(&key, "issuer", of(PERSONAL)),
        jwk_with(&key, "issuer", of(OURS)),
    ]);
    let tenants = Tenants::only([OURS, PERSONAL, THEIRS]);
    let authenticator = authenticator(issuer(&site, tenants));
    for (tenant, expected) in [
        (OURS, None),
        (PERSONAL, None),
        (THEIRS, Some(ErrorKind::UnknownKey)),
    ] {
        let rejection = rejection(&authenticator, &token_of(&key, tenant)).await;
        assert_eq!(rejection, expected, "{tenant}");
    }
}

#[tokio::test(start_paused = true)]
async fn shared_metadata_must_name_the_pattern() {
    let key = TestKey::generate(Algorithm::ES256);
    for name in [
        COMMON,
        &of(OURS),
        "https://login.example/{tenant}/v2.0",
        "{tenantid}",
    ] {
        let site = site([key.jwk()]);
        site.page(
            format!("{COMMON}/.well-known/openid-configuration"),
            &json!({ "issuer": name, "jwks_uri": KEYS }),
        );
        let authenticator = authenticator(issuer(&site, Tenants::only([OURS])));
        assert_eq!(
            rejection(&authenticator, &token_of(&key, OURS)).await,
            Some(ErrorKind::KeysUnavailable),
            "{name}"
        );
        assert!(!site.fetched().contains(&KEYS.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_set_at_a_url_is_shared_as_well() {
    let key = TestKey::generate(Algorithm::ES256);
    let site = site([jwk_with(&key, "issuer", PATTERN)]);
    let issuer = Issuer::jwks(PATTERN, KEYS, AUDIENCE)
        .tenants(Tenants::only([OURS]).tenant_claim("tid"))
        .http_client(site.client());
    let authenticator = authenticator(issuer);
    authenticator.prefetch().await.unwrap();
    assert_eq!(rejection(&authenticator, &token_of(&key, OURS)).await, None);
    assert_eq!(site.fetched(), [KEYS]);
}
