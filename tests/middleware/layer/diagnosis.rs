//! `Authenticator::diagnose`: the outcome of every check, beyond the first failure.

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Audience, Authenticator, CheckOutcome, Claims, Diagnosis, DiagnosisCheck,
    DiagnosisStatus, ErrorKind, Issuer, JwtAuthLayer, Tenants,
};

use crate::support::tokio;
use crate::support::web::Web;
use crate::support::{
    AUDIENCE, ISSUER, NOW, builder, builder_for, default_key, issuer, key_set, layer, payload,
    signed, token,
};

fn check<'d>(diagnosis: &'d Diagnosis, name: &str) -> &'d DiagnosisCheck {
    let checks = diagnosis.checks();
    checks.iter().find(|check| check.name() == name).unwrap()
}

fn failed(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let checks = diagnosis.checks().iter();
    let failed = checks.filter(|check| check.status() == DiagnosisStatus::Failed);
    failed.map(DiagnosisCheck::name).collect()
}

async fn diagnose(authenticator: &Authenticator, token: &str) -> Diagnosis {
    authenticator.diagnose(token).await
}

#[tokio::test]
async fn a_valid_token_passes_every_check() {
    let diagnosis = diagnose(layer().authenticator(), &token().sign()).await;
    assert!(diagnosis.error().is_none());
    let names: Vec<_> = diagnosis
        .checks()
        .iter()
        .map(DiagnosisCheck::name)
        .collect();
    let expected = [
        "form",
        "header",
        "algorithm",
        "type",
        "payload",
        "issuer",
        "subject",
        "key",
        "signature",
        "expiry",
        "valid from",
        "purpose",
        "audience",
        "tenant",
        "access token",
        "binding",
        "claims",
    ];
    assert_eq!(names, expected);
    for check in diagnosis.checks() {
        let is_configured = !matches!(check.name(), "access token" | "tenant");
        assert_eq!(
            check.status() == DiagnosisStatus::Passed,
            is_configured,
            "{check}"
        );
        assert!(check.error().is_none() && check.hint().is_none());
    }
}

#[tokio::test]
async fn all_failures_are_reported_at_once() {
    let expired = (NOW - 3600).to_string();
    let payload = payload(&[("exp", &expired), ("aud", "\"account\""), ("typ", "\"ID\"")]);
    let other_key = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let token = other_key.sign_raw(
        r#"{"alg":"ES256","kid":"ES256","typ":"logout+jwt"}"#,
        payload.as_bytes(),
    );
    let diagnosis = diagnose(layer().authenticator(), &token).await;
    let expected = ["type", "signature", "expiry", "purpose", "audience"];
    assert_eq!(failed(&diagnosis), expected);
    assert_eq!(diagnosis.error().unwrap().kind(), ErrorKind::WrongTokenType);
    let expected = "a signature by a key of \"https://issuer.example\" for ES256 (64 bytes)";
    assert_eq!(check(&diagnosis, "signature").expected(), Some(expected));
    let audience = check(&diagnosis, "audience");
    assert_eq!(audience.found(), Some("`aud` \"account\""));
    assert_eq!(audience.expected(), Some("\"https://api.example\""));
    assert!(audience.hint().unwrap().contains("Keycloak"), "{audience}");
    assert_eq!(audience.error().unwrap().kind(), ErrorKind::WrongAudience);
    assert_eq!(
        check(&diagnosis, "expiry").found(),
        Some("`exp` 60 min ago")
    );
    let lines = diagnosis.to_string();
    assert_eq!(lines.lines().count(), diagnosis.checks().len());
    assert!(
        lines.contains("FAILED  audience: found `aud` \"account\", expected"),
        "{lines}"
    );
}

#[tokio::test]
async fn keys_are_fetched_for_the_diagnosis_of_an_expired_token() {
    let web = Web::default();
    let url = "https://issuer.example/keys";
    web.publish(url, &json!({ "keys": [default_key().jwk()] }));
    let jwks = || builder_for(Issuer::jwks(ISSUER, url, AUDIENCE).http_client(web.client()));
    let expired = signed(payload(&[("exp", &(NOW - 3600).to_string())]));
    let layer = jwks().build().unwrap();
    assert!(layer.authenticator().authenticate(&expired).await.is_err());
    assert!(web.fetched().is_empty());
    let diagnosis = diagnose(layer.authenticator(), &expired).await;
    assert_eq!(failed(&diagnosis), ["expiry"], "{diagnosis}");
    assert_eq!(web.fetched(), [url]);
    // For a token whose signature no key could verify, and for an unknown issuer, nothing is.
    let layer = jwks().build().unwrap();
    let hmac = TestKey::from_secret(Algorithm::HS256, [7; 32]).token();
    let hmac = hmac.issuer(ISSUER).audience(AUDIENCE).sign();
    diagnose(layer.authenticator(), &hmac).await;
    // One character more than whole groups of four: no base64url, whatever the signature is.
    diagnose(layer.authenticator(), &expired[..expired.len() - 9]).await;
    assert_eq!(web.fetched().len(), 1);
    let foreign = signed(payload(&[("iss", "\"https://other.example\"")]));
    let diagnosis = diagnose(layer.authenticator(), &foreign).await;
    assert_eq!(failed(&diagnosis), ["issuer"], "{diagnosis}");
    assert_eq!(check(&diagnosis, "key").status(), DiagnosisStatus::NotRun);
    assert_eq!(web.fetched().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_not_used_is_named_with_the_reason() {
    let web = Web::default();
    let url = "https://issuer.example/keys";
    let mut encryption = default_key().jwk();
    encryption["use"] = json!("enc");
    let other = TestKey::generate(Algorithm::ES256).with_key_id("other");
    web.publish(url, &json!({ "keys": [encryption, other.jwk()] }));
    let issuer = Issuer::jwks(ISSUER, url, AUDIENCE);
    let layer = builder_for(issuer.http_client(web.client()))
        .build()
        .unwrap();
    let diagnosis = diagnose(layer.authenticator(), &token().sign()).await;
    let key = check(&diagnosis, "key");
    assert_eq!(key.status(), DiagnosisStatus::Failed);
    assert_eq!(key.expected(), Some("one of \"other\""));
    let hint = "the issuer's key with this id is not used: it is not for signatures";
    assert!(key.hint().unwrap().starts_with(hint), "{key}");
}

#[tokio::test]
async fn keys_that_can_not_be_fetched_are_named_with_the_cause() {
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE);
    let layer = builder_for(issuer.http_client(Web::default().client()))
        .build()
        .unwrap();
    let diagnosis = diagnose(layer.authenticator(), &token().sign()).await;
    assert_eq!(failed(&diagnosis), ["key"], "{diagnosis}");
    let key = check(&diagnosis, "key");
    assert!(key.hint().unwrap().contains("404"), "{key}");
    let expected = "a key of the issuer (none are cached)";
    assert_eq!(key.expected(), Some(expected));
    assert_eq!(
        diagnosis.error().unwrap().kind(),
        ErrorKind::KeysUnavailable
    );
}

#[tokio::test]
async fn the_checks_of_the_policy_run_and_single_use_does_not() {
    let layer = builder()
        .require_scopes(["read"])
        .reject_revoked(|_| true)
        .check(|_: &Claims, _: &tower_jwt_auth::CheckContext<'_>| CheckOutcome::accept())
        .reject_replays(100)
        .build()
        .unwrap();
    let token = token().claim("jti", "1").sign();
    let diagnosis = diagnose(layer.authenticator(), &token).await;
    assert_eq!(failed(&diagnosis), ["revocation", "scopes"], "{diagnosis}");
    assert_eq!(
        check(&diagnosis, "authorization").status(),
        DiagnosisStatus::Passed
    );
    assert_eq!(diagnosis.error().unwrap().kind(), ErrorKind::Revoked);

    let layer = builder().reject_replays(100).build().unwrap();
    for _ in 0..2 {
        assert!(
            diagnose(layer.authenticator(), &token)
                .await
                .error()
                .is_none()
        );
    }
    assert!(layer.authenticator().authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn a_claims_type_that_does_not_fit_is_a_failed_check() {
    #[derive(serde::Deserialize)]
    struct Needs {
        #[allow(dead_code, reason = "only its presence counts")]
        tenant: String,
    }
    let layer = builder().claims::<Needs>().build().unwrap();
    let diagnosis = layer.authenticator().diagnose(&token().sign()).await;
    assert_eq!(failed(&diagnosis), ["claims"]);
    let check = check(&diagnosis, "claims");
    assert_eq!(check.found(), Some("missing field `tenant`"));
    let other = layer
        .authenticator()
        .diagnose(&token().claim("tenant", 7).sign())
        .await;
    assert!(
        other
            .to_string()
            .contains("claims: found an integer, expected a string"),
        "{other}"
    );
    assert_eq!(diagnosis.error().unwrap().kind(), ErrorKind::InvalidClaim);
}

#[tokio::test]
async fn a_text_that_is_not_a_token_gets_a_hint() {
    let layer = layer();
    for (text, hint) in [
        ("", "absent value"),
        ("opaque", "opaque"),
        ("Bearer a.b.c", "without a scheme"),
        ("a.b.c.d.e", "encrypted (JWE)"),
        ("eyJhbGciOiJkaXIifQ.b.c.d.e", "Auth0"),
    ] {
        let diagnosis = diagnose(layer.authenticator(), text).await;
        let first = check(&diagnosis, failed(&diagnosis)[0]);
        assert!(first.hint().unwrap().contains(hint), "{first}");
        let is_form = first.name() == "form";
        assert_eq!(is_form, text != "Bearer a.b.c", "{text}");
    }
    let long = "a".repeat(1_000_000);
    let diagnosis = diagnose(layer.authenticator(), &long).await;
    assert_eq!(diagnosis.error().unwrap().kind(), ErrorKind::TokenTooLarge);
    assert!(!diagnosis.to_string().contains("aaaa"));
}

#[tokio::test]
async fn personal_claims_are_not_in_the_diagnosis() {
    let payload = payload(&[
        ("sub", "\"telltale-subject\""),
        ("email", "\"telltale@example.com\""),
        ("exp", "1"),
    ]);
    let token = signed(payload);
    let diagnosis = diagnose(layer().authenticator(), &token).await;
    let shown = format!("{diagnosis} {diagnosis:?}");
    assert!(!shown.contains("telltale") && !token.split('.').any(|part| shown.contains(part)));
}

#[tokio::test]
async fn the_issuer_and_the_audience_of_a_rule_by_claim_are_shown() {
    let audience = Audience::claim("client_id", ["my-client"]);
    let issuer = Issuer::from_keys(ISSUER, key_set([default_key()]), audience);
    let layer: JwtAuthLayer = builder_for(issuer).build().unwrap();
    let token = signed(payload(&[("aud", ""), ("client_id", "\"other-client\"")]));
    let diagnosis = diagnose(layer.authenticator(), &token).await;
    let audience = check(&diagnosis, "audience");
    assert_eq!(
        audience.found(),
        Some("`aud` none, `client_id` \"other-client\"")
    );
    assert_eq!(
        audience.expected(),
        Some("no `aud` and `client_id` \"my-client\"")
    );
}

#[tokio::test]
async fn an_issuer_that_differs_in_a_usual_way_is_hinted_at() {
    let issuers = [
        issuer(),
        Issuer::from_keys(
            "https://login.example/realms/shop",
            key_set([default_key()]),
            AUDIENCE,
        ),
    ];
    let [first, second] = issuers;
    let layer = builder_for(first).add_issuer(second).build().unwrap();
    for (name, hint) in [
        ("https://issuer.example/", "differs by a trailing slash"),
        ("http://issuer.example", "differs in its scheme"),
        ("https://Issuer.example", "differs in case"),
        (
            "http://keycloak:8080/realms/shop",
            "only the origin differs",
        ),
        (
            "https://sts.windows.net/72f988bf/",
            "requestedAccessTokenVersion",
        ),
        ("accounts.google.com", "https://accounts.google.com"),
        ("kubernetes/serviceaccount", "projected token"),
    ] {
        let token = signed(payload(&[("iss", &format!("{name:?}"))]));
        let diagnosis = diagnose(layer.authenticator(), &token).await;
        let issuer = check(&diagnosis, "issuer");
        assert!(
            issuer.hint().is_some_and(|text| text.contains(hint)),
            "{issuer}"
        );
        let known = "\"https://issuer.example\", \"https://login.example/realms/shop\"";
        assert_eq!(issuer.expected(), Some(known));
    }
    let token = signed(payload(&[("iss", "\"alice@example.com\"")]));
    let diagnosis = diagnose(layer.authenticator(), &token).await;
    assert_eq!(
        check(&diagnosis, "issuer").found(),
        Some("an e-mail address")
    );
}

#[tokio::test]
async fn allow_padding_is_advised_only_if_it_would_help() {
    let strict = layer();
    let lenient = builder().allow_padding().build().unwrap();
    let padded = format!("{}==", signed(payload(&[])));
    let diagnosis = diagnose(strict.authenticator(), &padded).await;
    assert_eq!(failed(&diagnosis), ["signature"], "{diagnosis}");
    let hint = check(&diagnosis, "signature").hint().unwrap();
    assert!(hint.contains("allow_padding"), "{diagnosis}");
    let diagnosis = diagnose(lenient.authenticator(), &padded).await;
    assert!(diagnosis.error().is_none(), "{diagnosis}");

    let critical = format!("{}==", token().header("crit", ["exp"]).sign());
    let diagnosis = diagnose(strict.authenticator(), &critical).await;
    let hint = check(&diagnosis, "header").hint().unwrap();
    assert!(hint.contains("allow_padding"), "{diagnosis}");
    let diagnosis = diagnose(lenient.authenticator(), &critical).await;
    assert_eq!(check(&diagnosis, "header").hint(), None, "{diagnosis}");
}

#[tokio::test]
async fn a_token_of_exactly_max_token_len_is_examined_as_any_other() {
    let token = token().header("typ", "at+jwt").sign();
    let lenient = builder().max_token_len(token.len()).token_types(["at+jwt"]);
    let layer = lenient.build().unwrap();
    let diagnosis = diagnose(layer.authenticator(), &token).await;
    assert!(diagnosis.error().is_none(), "{diagnosis}");
    assert_eq!(check(&diagnosis, "type").found(), Some("\"at+jwt\""));
}

#[tokio::test]
async fn without_an_issuer_the_diagnosis_says_so() {
    let layer = layer();
    assert!(layer.issuers().remove(ISSUER));
    let diagnosis = diagnose(layer.authenticator(), &token().sign()).await;
    let algorithm = check(&diagnosis, "algorithm");
    let expected = "none: no issuer is configured";
    assert_eq!(algorithm.expected(), Some(expected), "{diagnosis}");
}

#[tokio::test]
async fn a_wrong_claim_of_the_tenant_is_named() {
    let issuer = |tenants: Tenants| {
        let keys = key_set([default_key()]);
        Issuer::from_keys("https://login.example/{tenant}", keys, AUDIENCE).tenants(tenants)
    };
    let tenants = Tenants::only(["a", "b"]).tenant_claim("tid");
    let layer = builder_for(issuer(tenants)).build().unwrap();
    for (tid, found) in [
        ("\"a\"", None),
        ("\"b\"", Some("`tid` another string")),
        ("7", Some("`tid` a number")),
        ("", Some("`tid` none")),
    ] {
        let claims = [("iss", "\"https://login.example/a\""), ("tid", tid)];
        let token = signed(payload(&claims));
        let diagnosis = diagnose(layer.authenticator(), &token).await;
        let tenant = check(&diagnosis, "tenant");
        let Some(found) = found else {
            assert_eq!(tenant.status(), DiagnosisStatus::Passed);
            continue;
        };
        assert_eq!(failed(&diagnosis), ["tenant"], "{diagnosis}");
        assert_eq!(tenant.found(), Some(found));
        assert_eq!(tenant.expected(), Some("`tid` with the tenant of `iss`"));
        assert_eq!(diagnosis.error().unwrap().claim(), Some("tid"));
    }
}

#[tokio::test]
async fn the_claims_of_rfc_9068_are_checked_if_they_are_required() {
    let layer = builder().access_tokens_only().build().unwrap();
    let token = token().header("typ", "at+jwt").without_claim("jti").sign();
    let diagnosis = diagnose(layer.authenticator(), &token).await;
    assert_eq!(failed(&diagnosis), ["access token"], "{diagnosis}");
    let plain = diagnose(layer.authenticator(), &crate::support::token().sign()).await;
    let types = check(&plain, "type");
    assert_eq!(types.expected(), Some("\"at+jwt\" (RFC 9068)"));
}

#[tokio::test]
async fn a_token_of_an_unknown_issuer_is_compared_with_the_only_one() {
    let layer = layer();
    let foreign = [
        ("iss", "\"https://issuer.example/\""),
        ("aud", "\"https://api.example/\""),
    ];
    let diagnosis = diagnose(layer.authenticator(), &signed(payload(&foreign))).await;
    assert_eq!(failed(&diagnosis), ["issuer", "audience"], "{diagnosis}");
    let hint = check(&diagnosis, "audience").hint().unwrap();
    assert!(hint.contains("trailing slash"), "{hint}");
}
