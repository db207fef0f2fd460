//! The hints of `Authenticator::diagnose` advise nothing that makes a service less safe, and show
//! nothing that may name a person.

use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Audience, DiagnosisCheck, Issuer, JwtAuthBuilder, Key};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, HEADER, ISSUER, NOW, at, builder, builder_for, default_key, key_set, payload, token,
};

/// Returns the checks that fail.
async fn failed(builder: JwtAuthBuilder, token: &str) -> Vec<DiagnosisCheck> {
    let layer = builder.build().unwrap();
    let diagnosis = layer.authenticator().diagnose(token).await;
    let checks = diagnosis.checks().iter();
    let failed = checks.filter(|check| check.error().is_some());
    failed.cloned().collect()
}

/// Returns the hint of the only check that fails, which has this name.
async fn hint(builder: JwtAuthBuilder, token: &str, name: &str) -> Option<String> {
    let failed = failed(builder, token).await;
    let [check] = failed.as_slice() else {
        panic!("{failed:?}")
    };
    assert_eq!(check.name(), name, "{check}");
    let hint = check.hint();
    assert!(
        hint.is_none_or(|hint| hint.chars().count() <= 100),
        "{check}"
    );
    hint.map(ToOwned::to_owned)
}

fn by(name: &str, audience: impl Into<Audience>) -> JwtAuthBuilder {
    builder_for(Issuer::from_keys(name, key_set([default_key()]), audience))
}

#[tokio::test]
async fn a_token_of_keycloak_without_aud_needs_a_mapper() {
    let realm = "https://keycloak.example/realms/shop";
    let nameless = || token().without_claim("aud").claim("azp", "web");
    for (name, token) in [
        (realm, nameless().issuer(realm)),
        (ISSUER, nameless().claim("typ", "Bearer")),
    ] {
        let hint = hint(by(name, AUDIENCE), &token.sign(), "audience").await;
        assert!(hint.unwrap().starts_with("add an audience mapper"));
    }
    let hint = hint(builder(), &nameless().sign(), "audience").await;
    assert_eq!(
        hint.unwrap(),
        "have the issuer set `aud` to the name of this service"
    );
}

#[tokio::test]
async fn no_hint_advises_to_accept_a_type_of_token() {
    let only = || builder().access_tokens_only();
    let other = "send an access token: this token is of another type";
    let logout = "send the access token: this is a logout token";
    let rfc9068 = "send an access token, and enable those of RFC 9068 (`typ` at+jwt) at the issuer";
    let typ = |typ: &str| token().header("typ", typ);
    for (builder, token, expected) in [
        (builder(), typ("secevent+jwt"), other),
        (builder(), typ("dpop+jwt"), other),
        (builder(), typ("something"), other),
        (builder(), typ("logout+jwt"), logout),
        (only(), typ("logout+jwt"), logout),
        (only(), typ("secevent+jwt"), other),
        (only(), typ("JWT"), rfc9068),
        (only(), token().without_header("typ"), rfc9068),
    ] {
        let hint = hint_of(builder, token, "type").await;
        assert_eq!(hint.as_deref(), Some(expected));
    }
}

/// Returns the hint of a check that fails, beside others.
async fn hint_of(builder: JwtAuthBuilder, token: TokenBuilder, name: &str) -> Option<String> {
    let failed = failed(builder, &token.sign()).await;
    let check = failed.iter().find(|check| check.name() == name);
    check.unwrap().hint().map(ToOwned::to_owned)
}

/// Returns whether a hint is more than what holds for every name that is not expected.
fn names_a_cause(hint: Option<&str>) -> bool {
    let general = [
        "only if it names this service",
        "only if you trust its tokens",
    ];
    hint.is_some_and(|hint| !general.iter().any(|end| hint.ends_with(end)))
}

#[tokio::test]
async fn no_hint_advises_to_do_without_an_issuer() {
    let hint = hint_of(builder(), token().without_claim("iss"), "issuer").await;
    let hint = hint.unwrap();
    assert!(hint.starts_with("have the issuer set `iss`"), "{hint}");
    assert!(!hint.contains("allow_missing_issuer"), "{hint}");
}

#[tokio::test]
async fn only_claims_that_name_a_client_are_shown_and_no_address() {
    let nameless = || token().without_claim("aud");
    let address = "telltale@example.com";
    for (builder, token, found) in [
        (
            by(ISSUER, Audience::claim("email", ["a"])),
            nameless().claim("email", "telltale"),
            "`aud` none, `email` a string",
        ),
        (
            by(ISSUER, Audience::claim("sub", ["a"])),
            nameless().claim("sub", "telltale"),
            "`aud` none, `sub` a string",
        ),
        (
            by(ISSUER, Audience::claim("client_id", ["a"])),
            nameless().claim("client_id", address),
            "`aud` none, `client_id` an e-mail address",
        ),
        (
            by(ISSUER, Audience::claim("cid", ["a"])),
            nameless().claim("cid", "b"),
            "`aud` none, `cid` \"b\"",
        ),
        (
            builder(),
            token().audience(address),
            "`aud` an e-mail address",
        ),
        (
            builder(),
            token().audience(json!(["a", address])),
            "`aud` an array with an e-mail address",
        ),
    ] {
        let failed = failed(builder, &token.sign()).await;
        assert_eq!(failed[0].found(), Some(found));
        assert!(!format!("{failed:?}").contains("telltale"), "{failed:?}");
    }
}

#[tokio::test]
async fn a_hint_is_given_only_where_it_can_be_true() {
    let id = "328859038097867422";
    let zitadel = "https://shop.zitadel.cloud";
    let moved = |name| token().issuer(name);
    let far = at(NOW + 400 * 86_400);
    for (builder, token, name, expected) in vec![
        (builder(), token().audience(id), "audience", false),
        (
            by(zitadel, AUDIENCE),
            token().audience(id).issuer(zitadel),
            "audience",
            true,
        ),
        (
            builder(),
            token().audience(id).claim("urn:zitadel:iam:org", "x"),
            "audience",
            true,
        ),
        (
            by("https://a.example/oauth2/default", AUDIENCE),
            moved("https://b.example/oauth2/default"),
            "issuer",
            false,
        ),
        (
            by("https://a.example/realms/x", AUDIENCE),
            moved("https://b.example/realms/x"),
            "issuer",
            true,
        ),
        (builder(), token().claim("sub", json!({})), "subject", false),
        (builder(), token().claim("sub", true), "subject", false),
        (
            builder(),
            token().claim("sub", json!([1])),
            "subject",
            false,
        ),
        (builder(), token().claim("sub", 7), "subject", true),
        (builder(), token().issued_at(far), "valid from", false),
        (
            builder(),
            token().claim("nbf", NOW + 400 * 86_400),
            "valid from",
            true,
        ),
    ] {
        let hint = hint_of(builder, token, name).await;
        assert_eq!(names_a_cause(hint.as_deref()), expected, "{name}: {hint:?}");
    }
}

#[tokio::test]
async fn another_hmac_is_not_advised_to_become_a_key_pair() {
    let key = TestKey::generate(Algorithm::HS256);
    let secret = Key::from_secret(Algorithm::HS256, key.secret().unwrap()).unwrap();
    let issuer = Issuer::from_keys(ISSUER, secret, AUDIENCE);
    let other = TestKey::generate(Algorithm::HS512);
    let token = token().key(&other);
    let hint = hint_of(builder_for(issuer), token, "algorithm").await;
    assert_eq!(hint, None);
}

#[tokio::test]
async fn a_text_in_place_of_a_token_is_recognized() {
    let token = token().sign();
    for (text, expected) in [
        (String::new(), "the text of an absent value"),
        ("null".to_owned(), "the text of an absent value"),
        ("undefined".to_owned(), "the text of an absent value"),
        (format!("\"{token}\""), "without quotes"),
        ("\"opaque\"".to_owned(), "without quotes"),
    ] {
        let failed = failed(builder(), &text).await;
        let hint = failed[0].hint().unwrap();
        assert!(hint.contains(expected), "{hint}");
    }
}

#[tokio::test]
async fn a_number_that_is_out_of_range_is_named() {
    let key = default_key();
    let token = key.sign_raw(HEADER, payload(&[("exp", "1e400")]).as_bytes());
    let failed = failed(builder(), &token).await;
    assert_eq!(failed[0].name(), "payload");
    let found = failed[0].found();
    assert_eq!(found, Some("`exp` a number that is out of range"));
}

#[tokio::test]
async fn the_algorithm_of_an_invalid_header_is_not_checked() {
    let header = r#"{"alg":"ES256","kid":"ES256","typ":"JWT","crit":["x"]}"#;
    let token = default_key().sign_raw(header, payload(&[]).as_bytes());
    let failed = failed(builder(), &token).await;
    let names: Vec<_> = failed.iter().map(DiagnosisCheck::name).collect();
    assert_eq!(names, ["header"]);
}

#[tokio::test]
async fn the_first_values_of_long_lists_are_compared() {
    let names = |count: usize| (0..count).map(|n| format!("name-{n}"));
    let values: Vec<Value> = (0..2_400).map(|n| json!(format!("value-{n}"))).collect();
    for (place, expected) in [(0, true), (15, true), (16, false)] {
        let mut values = values.clone();
        values[place] = json!("name-7/");
        let names: Vec<_> = names(1_000).collect();
        let token = token().audience(Value::from(values));
        let layer = by(ISSUER, Audience::from(names)).max_members(5_000);
        let layer = layer.max_token_len(100_000);
        let hint = hint_of(layer, token, "audience").await;
        assert_eq!(
            names_a_cause(hint.as_deref()),
            expected,
            "{place}: {hint:?}"
        );
    }
}
