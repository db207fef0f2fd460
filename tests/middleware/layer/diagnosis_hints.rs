//! The hints of `Authenticator::diagnose`: each fits what failed and the configuration.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Audience, DiagnosisCheck, DiagnosisStatus, Issuer, JwtAuthBuilder,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, NOW, at, builder, builder_for, default_key, key_set, token,
};

/// Returns the failed check of this name.
async fn failed(builder: JwtAuthBuilder, token: TokenBuilder, name: &str) -> DiagnosisCheck {
    let layer = builder.build().unwrap();
    let diagnosis = layer.authenticator().diagnose(&token.sign()).await;
    let checks = diagnosis.checks().iter();
    let mut failed = checks.filter(|check| check.status() == DiagnosisStatus::Failed);
    let check = failed.next().unwrap_or_else(|| panic!("{diagnosis}"));
    assert_eq!(check.name(), name, "{diagnosis}");
    let is_short = |hint: &str| hint.chars().count() <= 100;
    assert!(check.hint().is_none_or(is_short), "{check}");
    check.clone()
}

fn by(audience: impl Into<Audience>) -> JwtAuthBuilder {
    builder_for(Issuer::from_keys(
        ISSUER,
        key_set([default_key()]),
        audience,
    ))
}

#[tokio::test]
async fn the_bound_of_the_leeway_is_told_exactly() {
    let check = failed(builder(), token().claim("exp", NOW - 60), "expiry").await;
    assert_eq!(check.found(), Some("`exp` 60 s ago"));
    let expected = "a time in the future, or less than 60 s ago";
    assert_eq!(check.expected(), Some(expected));
    let soon = token().claim("nbf", json!(60.3 + f64::from(u32::try_from(NOW).unwrap())));
    let check = failed(builder(), soon, "valid from").await;
    assert_eq!(check.found(), Some("`nbf` 61 s from now"));
    let expected = "a time in the past, or at most 60 s from now";
    assert_eq!(check.expected(), Some(expected));
}

#[tokio::test]
async fn the_hint_about_a_time_depends_on_what_is_wrong() {
    let limited = || builder().max_lifetime(Duration::from_secs(300));
    let long = token().claim("exp", NOW + 3600).claim("iat", NOW);
    for (builder, token, name, hint) in [
        (
            builder(),
            token().expired(),
            "expiry",
            "the client must request a new token, or this clock is ahead of the issuer's",
        ),
        (
            builder(),
            token().without_claim("exp"),
            "expiry",
            "have the issuer set `exp`",
        ),
        (
            limited(),
            token().without_claim("iat"),
            "expiry",
            "have the issuer set `iat`, which max_lifetime needs",
        ),
        (
            limited(),
            long,
            "expiry",
            "have the issuer issue tokens for a shorter time, or raise max_lifetime",
        ),
        (
            builder(),
            token().claim("nbf", NOW + 100),
            "valid from",
            "the token is not valid yet, or this clock is behind the issuer's",
        ),
        (
            builder(),
            token().issued_at(at(NOW + 100)),
            "valid from",
            "this clock is 100 s behind the issuer's: synchronize both",
        ),
    ] {
        let check = failed(builder, token, name).await;
        assert_eq!(check.hint(), Some(hint), "{check}");
    }
}

#[tokio::test]
async fn the_hint_about_an_audience_depends_on_the_rule_and_on_what_failed() {
    let nameless = || token().without_claim("aud");
    let several = || token().audience(json!([AUDIENCE, "account"]));
    let clerk = "https://clerk.example.com";
    let of_clerk = |audience: &str| {
        let issuer = Issuer::from_keys(clerk, key_set([default_key()]), audience);
        builder_for(issuer)
    };
    let by_client = || by(Audience::claim("client_id", ["a"]));
    let by_scope = || by(Audience::from(AUDIENCE).and_scope("read"));
    for (builder, token, found, hint) in [
        (
            by_client(),
            nameless().claim("client_id", "b"),
            "`aud` none, `client_id` \"b\"",
            Some("add this `client_id` to Audience::claim, if its client may call this service"),
        ),
        (
            by_client(),
            nameless(),
            "`aud` none, `client_id` none",
            None,
        ),
        (
            by_client(),
            token().audience("account").claim("client_id", "a"),
            "`aud` \"account\", `client_id` \"a\"",
            Some("configure this audience in place of Audience::claim, if it names this service"),
        ),
        (
            builder(),
            nameless().claim("client_id", "b"),
            "`aud` none",
            Some("have the issuer set `aud`, or use Audience::claim(\"client_id\", …)"),
        ),
        (
            by_scope(),
            several().scope("write"),
            "`aud` \"https://api.example\", \"account\", missing scope \"read\"",
            Some("have the client request the scope \"read\""),
        ),
        (
            by(Audience::header_parameter("signer", ["arn:a"])),
            nameless().header("signer", "arn:b"),
            "`aud` none, header parameter `signer` \"arn:b\"",
            Some("add this ARN, if the load balancer forwards to this service"),
        ),
        (
            by(Audience::header_parameter("client", ["a"])),
            nameless().header("client", "b"),
            "`aud` none, header parameter `client` \"b\"",
            Some("add this `client` to Audience::header_parameter, if it is for this service"),
        ),
        (
            of_clerk(AUDIENCE),
            nameless().issuer(clerk),
            "`aud` none",
            Some(
                "list the frontend's origin in Audience::claim(\"azp\", …): by default, Clerk writes no aud",
            ),
        ),
        (
            of_clerk("a"),
            token().issuer(clerk),
            "`aud` \"https://api.example\"",
            Some(
                "request a token for this service; configure this audience only if it names this service",
            ),
        ),
    ] {
        let check = failed(builder, token, "audience").await;
        assert_eq!(
            (check.found(), check.hint()),
            (Some(found), hint),
            "{check}"
        );
    }
}

#[tokio::test]
async fn the_condition_that_failed_is_named_without_its_value() {
    let id = "328859038097867422";
    let by_email = || by(Audience::from(AUDIENCE).and_claim("email", ["a@example.com"]));
    for (builder, token, failed_condition, hint) in [
        (
            by_email(),
            token().claim("email", "telltale"),
            "another `email`",
            None,
        ),
        (
            by_email(),
            token().claim("email", json!(["telltale"])),
            "another `email`",
            None,
        ),
        (
            by_email(),
            token().claim("email", 7),
            "`email` a number",
            None,
        ),
        (by_email(), token(), "`email` none", None),
        (
            by(Audience::from(AUDIENCE).and_header_parameter("client", ["a"])),
            token().header("client", "telltale").claim("client", "a"),
            "another header parameter `client`",
            None,
        ),
        (
            by(Audience::from(AUDIENCE).and_header_parameter("client", ["a"])),
            token(),
            "header parameter `client` none",
            None,
        ),
        (
            by(Audience::from(id).and_claim_present("jti")),
            token()
                .audience(id)
                .claim("urn:zitadel:iam:org", "x")
                .without_claim("jti"),
            "`jti` none",
            Some("send the access token: this is an ID token of Zitadel, which has no jti"),
        ),
    ] {
        let check = failed(builder, token, "audience").await;
        let found = check.found().unwrap();
        assert!(found.ends_with(&format!(", {failed_condition}")), "{found}");
        assert_eq!(check.hint(), hint, "{check}");
        assert!(!check.to_string().contains("telltale"), "{check}");
    }
}

#[tokio::test]
async fn the_hint_about_a_type_names_the_setting_that_requires_it() {
    let only = || builder().access_tokens_only();
    let at_jwt = "send an access token, and enable those of RFC 9068 (`typ` at+jwt) at the issuer";
    let logout = "send the access token: this is a logout token";
    let typ = |typ: &str| token().header("typ", typ);
    for (builder, token, hint) in [
        (only(), typ("JWT"), at_jwt),
        (only(), token().without_header("typ"), at_jwt),
        (only(), typ("logout+jwt"), logout),
        (builder(), typ("logout+jwt"), logout),
        (
            builder(),
            typ("dpop+jwt"),
            "send an access token: this token is of another type",
        ),
        (
            builder().allow_missing_token_type(false),
            token().without_header("typ"),
            "have the issuer set `typ`, or set allow_missing_token_type",
        ),
    ] {
        let check = failed(builder, token, "type").await;
        assert_eq!(check.hint(), Some(hint), "{check}");
    }
}

#[tokio::test]
async fn the_maximum_number_of_members_is_named() {
    let members: Map<String, Value> = (0..20).map(|n| (n.to_string(), n.into())).collect();
    for (token, name) in [
        (token().claim("x", members.clone()), "payload"),
        (token().header("x", members), "header"),
    ] {
        let check = failed(builder().max_members(16), token, name).await;
        let expected = check.expected().unwrap();
        let limit = ", at most 16 members (max_members)";
        assert!(expected.ends_with(limit), "{expected}");
    }
}

#[tokio::test]
async fn a_key_with_the_same_id_for_another_algorithm_is_named() {
    let same_id = TestKey::generate(Algorithm::ES384).with_key_id("ES256");
    let other_id = TestKey::generate(Algorithm::ES256).with_key_id("other");
    let issuer = Issuer::from_keys(ISSUER, key_set([&same_id, &other_id]), AUDIENCE);
    let check = failed(builder_for(issuer), token(), "key").await;
    assert_eq!(check.expected(), Some("one of \"ES256\", \"other\""));
    let hint = "the key with this id is for ES384 only, or its JWK names another issuer";
    assert_eq!(check.hint(), Some(hint));
}

#[tokio::test]
async fn a_token_with_ml_dsa_of_an_issuer_that_does_not_list_it_gets_a_hint() {
    let post_quantum = token().header("alg", "ML-DSA-65");
    let check = failed(builder(), post_quantum, "algorithm").await;
    let hint = "list it with Issuer::algorithms if the issuer uses it: ML-DSA is off by default";
    assert_eq!(check.hint(), Some(hint));
    let check = failed(
        builder(),
        token().header("alg", "HashML-DSA-65"),
        "algorithm",
    )
    .await;
    assert_eq!(check.hint(), None);
}
