//! Exceptions, secrets beside fetched keys and a URL for the metadata, for issuers that change at
//! run time and for those with tenants.

use serde_json::json;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigError, ConfigErrorKind, ErrorKind, Issuer, Key, Tenants,
    TokenCacheSettings,
};

use crate::issuers::site::{AUDIENCE, Site, authenticator, jwks, rejection, token};
use crate::support::tokio;

const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";
const THREE: &str = "https://three.example";
const REALM: &str = "https://login.example/{realm}";

fn key() -> TestKey {
    TestKey::generate(Algorithm::ES256)
}

fn as_key(key: &TestKey) -> Key {
    Key::from_jwk(&key.jwk().to_string()).unwrap()
}

fn fixed(name: &str, key: &TestKey) -> Issuer {
    Issuer::from_keys(name, as_key(key), AUDIENCE)
}

/// Returns an issuer with this secret beside its fetched keys.
fn moving(site: &Site, name: &str, secret: &TestKey) -> Issuer {
    site.issuer(name, &key());
    Issuer::discovery(name, AUDIENCE)
        .http_client(site.client())
        .add_secrets(as_key(secret))
}

fn caching(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .token_cache(TokenCacheSettings::default())
        .build_authenticator()
        .unwrap()
}

fn nameless(key: &TestKey) -> TokenBuilder {
    token(key, ONE).without_claim("iss")
}

fn invalid_setting(changed: Result<(), ConfigError>) -> String {
    let error = changed.unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_second_issuer_that_may_omit_iss_is_rejected_whenever_it_comes() {
    let (one, two) = (key(), key());
    let authenticator = authenticator(fixed(ONE, &one).allow_missing_issuer());
    let issuers = authenticator.issuers();
    let expected = format!(
        "allow_missing_issuer of issuers {ONE:?} and {TWO:?}: a token without `iss` can be of one \
         issuer only; remove it from the others"
    );
    let second = || fixed(TWO, &two).allow_missing_issuer();
    assert_eq!(invalid_setting(issuers.add(second())), expected);
    issuers.add(fixed(TWO, &two)).unwrap();
    assert_eq!(invalid_setting(issuers.replace(second())), expected);
    let both = [fixed(ONE, &one).allow_missing_issuer(), second()];
    assert_eq!(invalid_setting(issuers.replace_all(both)), expected);

    assert_eq!(issuers.names(), [ONE, TWO]);
    let of_one = nameless(&one).sign();
    assert_eq!(rejection(&authenticator, &of_one).await, None);
    let of_two = token(&two, TWO).sign();
    assert_eq!(rejection(&authenticator, &of_two).await, None);
}

#[tokio::test(start_paused = true)]
async fn tokens_without_iss_follow_the_issuer_that_may_omit_it() {
    let (one, two) = (key(), key());
    for caches in [false, true] {
        let first = fixed(ONE, &one).allow_missing_issuer();
        let authenticator = if caches {
            caching(first)
        } else {
            authenticator(first)
        };
        let issuers = authenticator.issuers();
        let (of_one, of_two) = (nameless(&one).sign(), nameless(&two).sign());
        for _ in 0..2 {
            assert_eq!(rejection(&authenticator, &of_one).await, None);
        }
        issuers.add(fixed(TWO, &two)).unwrap();
        assert_eq!(rejection(&authenticator, &of_one).await, None);
        // Without an issuer that may omit it, `iss` is required, also of a cached token.
        issuers.replace(fixed(ONE, &one)).unwrap();
        let missing = Some(ErrorKind::MissingClaim);
        assert_eq!(rejection(&authenticator, &of_one).await, missing);
        issuers
            .replace(fixed(TWO, &two).allow_missing_issuer())
            .unwrap();
        assert_eq!(rejection(&authenticator, &of_two).await, None);
        assert_ne!(rejection(&authenticator, &of_one).await, None);
        assert!(issuers.remove(TWO));
        issuers.add(fixed(THREE, &key())).unwrap();
        assert_eq!(rejection(&authenticator, &of_two).await, missing);
    }
}

#[tokio::test(start_paused = true)]
async fn beside_tenants_tokens_without_iss_are_those_of_the_issuer_that_may_omit_it() {
    let (one, realm) = (key(), key());
    let site = Site::default();
    site.issuer("https://login.example/a", &realm);
    let tenants = Issuer::discovery(REALM, AUDIENCE)
        .http_client(site.client())
        .tenants(Tenants::only(["a"]));
    let authenticator = authenticator(tenants);
    let missing = Some(ErrorKind::MissingClaim);
    assert_eq!(
        rejection(&authenticator, &nameless(&realm).sign()).await,
        missing
    );
    let other = fixed(ONE, &one).allow_missing_issuer();
    authenticator.issuers().add(other).unwrap();
    assert_eq!(
        rejection(&authenticator, &nameless(&one).sign()).await,
        None
    );
    assert_ne!(
        rejection(&authenticator, &nameless(&realm).sign()).await,
        None
    );
    assert!(site.fetched().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_numeric_subject_is_an_exception_of_all_tenants_and_else_causes_no_fetch() {
    let realm = key();
    let name = "https://login.example/a";
    for is_allowed in [true, false] {
        let site = Site::default();
        site.issuer(name, &realm);
        let mut issuer = Issuer::discovery(REALM, AUDIENCE)
            .http_client(site.client())
            .tenants(Tenants::only(["a"]));
        if is_allowed {
            issuer = issuer.allow_numeric_subject();
        }
        let authenticator = authenticator(issuer);
        let token = token(&realm, name).claim("sub", 4711).sign();
        let outcome = authenticator.authenticate(&token).await;
        if is_allowed {
            assert_eq!(outcome.unwrap().subject(), Some("4711"));
        } else {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidClaim);
            assert!(site.fetched().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_beside_fetched_keys_is_not_shared_with_an_issuer_that_is_added() {
    let (site, secret) = (Site::default(), TestKey::generate(Algorithm::HS256));
    let authenticator = caching(moving(&site, ONE, &secret));
    let issuers = authenticator.issuers();
    for other in [fixed(TWO, &secret), moving(&site, TWO, &secret)] {
        let error = issuers.add(other).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
    }
    // It is free again once the issuer is gone.
    let of_one = token(&secret, ONE).sign();
    for _ in 0..2 {
        assert_eq!(rejection(&authenticator, &of_one).await, None);
    }
    issuers.replace_all([moving(&site, TWO, &secret)]).unwrap();
    assert_eq!(
        rejection(&authenticator, &of_one).await,
        Some(ErrorKind::UnknownIssuer)
    );
    let of_two = token(&secret, TWO).sign();
    assert_eq!(rejection(&authenticator, &of_two).await, None);
    let error = issuers.add(fixed(ONE, &secret)).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
    assert!(site.fetched().is_empty(), "secrets cause no fetch");
}

#[tokio::test(start_paused = true)]
async fn tenants_that_share_fetched_keys_can_have_a_secret_beside_them() {
    let (site, published) = (Site::default(), key());
    let secret = TestKey::generate(Algorithm::HS256);
    site.page("https://login.example/keys", &jwks([published.jwk()]));
    let issuer = Issuer::jwks(REALM, "https://login.example/keys", AUDIENCE)
        .http_client(site.client())
        .tenants(Tenants::only(["a"]))
        .add_secrets(as_key(&secret));
    let authenticator = authenticator(issuer);
    for key in [&secret, &published] {
        let of_a = token(key, "https://login.example/a").sign();
        assert_eq!(rejection(&authenticator, &of_a).await, None);
        let of_b = token(key, "https://login.example/b").sign();
        assert_eq!(
            rejection(&authenticator, &of_b).await,
            Some(ErrorKind::UnknownIssuer)
        );
    }
    let error = authenticator.issuers().add(fixed(ONE, &secret));
    assert_eq!(error.unwrap_err().kind(), ConfigErrorKind::SharedSecret);
}

#[tokio::test(start_paused = true)]
async fn each_tenant_can_have_its_metadata_at_a_configured_url() {
    let keys = [("a", key()), ("b", key())];
    let site = Site::default();
    for (tenant, key) in &keys {
        let jwks_uri = format!("https://login.example/{tenant}/keys");
        site.page(&jwks_uri, &jwks([key.jwk()]));
        site.page(
            format!("https://login.example/metadata/{tenant}"),
            &json!({ "issuer": format!("https://login.example/{tenant}"), "jwks_uri": jwks_uri }),
        );
    }
    let issuer = Issuer::discovery(REALM, AUDIENCE)
        .metadata_url("https://login.example/metadata/{realm}")
        .http_client(site.client())
        .tenants(Tenants::only(["a", "b"]));
    let authenticator = authenticator(issuer);
    for (tenant, key) in &keys {
        let token = token(key, &format!("https://login.example/{tenant}")).sign();
        assert_eq!(rejection(&authenticator, &token).await, None);
    }
    let foreign = token(&keys[0].1, "https://login.example/b").sign();
    assert_eq!(
        rejection(&authenticator, &foreign).await,
        Some(ErrorKind::UnknownKey)
    );
}
