//! Requirements 15 and 17, where one issuer may deviate from them: tokens without `iss`, and with a
//! `sub` that is a number (RFC 7519 §4.1.1, §4.1.2).

use serde::Deserialize;
use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder, builder_for, default_key, issuer, key_set, layer, payload, send,
    signed, token,
};

const OTHER: &str = "https://other.example";

fn lenient() -> JwtAuthLayer {
    builder_for(issuer().allow_missing_issuer().allow_numeric_subject())
        .build()
        .unwrap()
}

fn nameless() -> TokenBuilder {
    token().without_claim("iss")
}

fn other_key() -> TestKey {
    TestKey::generate(Algorithm::ES256).with_key_id(default_key().key_id())
}

/// Returns a layer of a nameless issuer and another one, in this order or the other.
fn with_another(key: &TestKey, is_first: bool) -> JwtAuthLayer {
    let nameless = issuer().allow_missing_issuer();
    let other = Issuer::from_keys(OTHER, key_set([key]), AUDIENCE);
    let (one, two) = if is_first {
        (nameless, other)
    } else {
        (other, nameless)
    };
    let cache = TokenCacheSettings::default();
    builder_for(one)
        .add_issuer(two)
        .token_cache(cache)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_token_without_iss_is_one_of_the_only_issuer_that_may_omit_it() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::RS256])
        .start()
        .await
        .unwrap();
    let new = || Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE);
    let token = issuer
        .token()
        .without_claim("iss")
        .claim("scopes", ["a"])
        .sign();
    let layer = JwtAuthLayer::builder(new().allow_missing_issuer())
        .build()
        .unwrap();
    let claims = send(&layer, &token).await.accepted();
    assert_eq!(claims.issuer(), issuer.issuer());
    assert_eq!(claims.get("iss"), None);
    let strict = JwtAuthLayer::builder(new()).build().unwrap();
    let answer = send(&strict, &token).await;
    answer.invalid_token(ErrorKind::MissingClaim);
    assert_eq!(answer.claim(), Some("iss"));
}

#[tokio::test]
async fn a_token_that_has_iss_is_compared_as_ever() {
    send(&lenient(), &token().sign()).await.accepted();
    for other in ["", OTHER, "https://issuer.example/", "null"] {
        let answer = send(&lenient(), &token().issuer(other).sign())
            .await
            .named(other);
        answer.invalid_token(ErrorKind::UnknownIssuer);
    }
    for wrong in [Value::Null, json!(1), json!([ISSUER]), json!({})] {
        let answer = send(&lenient(), &token().claim("iss", &wrong).sign())
            .await
            .named(&wrong);
        answer.invalid_token(ErrorKind::InvalidClaim);
        assert_eq!(answer.claim(), Some("iss"));
    }
}

#[tokio::test]
async fn a_token_without_iss_is_verified_with_the_keys_of_that_issuer_only() {
    let theirs = other_key();
    for is_first in [true, false] {
        let layer = with_another(&theirs, is_first);
        for _ in 0..3 {
            let claims = send(&layer, &nameless().sign()).await.accepted();
            assert_eq!(claims.issuer(), ISSUER);
            let forged = nameless().key(&theirs);
            send(&layer, &forged.sign())
                .await
                .invalid_token(ErrorKind::InvalidSignature);
            let named = token().key(&theirs).issuer(OTHER);
            assert_eq!(send(&layer, &named.sign()).await.accepted().issuer(), OTHER);
        }
    }
}

#[tokio::test]
async fn the_other_claims_of_a_token_without_iss_are_required() {
    for (claim, kind) in [
        ("aud", ErrorKind::MissingClaim),
        ("exp", ErrorKind::MissingClaim),
    ] {
        let answer = send(&lenient(), &nameless().without_claim(claim).sign()).await;
        answer.invalid_token(kind);
        assert_eq!(answer.claim(), Some(claim));
    }
    let wrong = nameless().audience("other").sign();
    send(&lenient(), &wrong)
        .await
        .invalid_token(ErrorKind::WrongAudience);
    let unknown = nameless().header("kid", "unknown").sign();
    send(&lenient(), &unknown)
        .await
        .invalid_token(ErrorKind::UnknownKey);
}

#[test]
fn two_issuers_of_a_layer_that_may_omit_iss_are_a_configuration_error() {
    let other = Issuer::from_keys(OTHER, key_set([&other_key()]), AUDIENCE);
    let error = builder_for(issuer().allow_missing_issuer())
        .add_issuer(other.allow_missing_issuer())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        "allow_missing_issuer of issuers \"https://issuer.example\" and \"https://other.example\": \
         a token without `iss` can be of one issuer only; remove it from the others"
    );
}

/// Returns a token with this JSON text as `sub`.
fn with_subject(sub: &str) -> String {
    signed(payload(&[("sub", sub)]))
}

#[tokio::test]
async fn a_subject_that_is_an_integer_is_its_digits_if_that_is_allowed() {
    for sub in [
        "4711",
        "0",
        "-5",
        "9007199254740993",
        "18446744073709551615",
        "-9223372036854775808",
        "123456789012345678901234567890",
    ] {
        let claims = send(&lenient(), &with_subject(sub))
            .await
            .named(sub)
            .accepted();
        assert_eq!(claims.subject(), Some(sub));
        let answer = send(&layer(), &with_subject(sub)).await.named(sub);
        answer.invalid_token(ErrorKind::InvalidClaim);
        assert_eq!(answer.claim(), Some("sub"));
    }
    let claims = send(&lenient(), &with_subject("\"4711\"")).await.accepted();
    assert_eq!(claims.subject(), Some("4711"));
    let claims = send(&lenient(), &token().without_claim("sub").sign())
        .await
        .accepted();
    assert_eq!(claims.subject(), None);
}

#[tokio::test]
async fn a_subject_of_another_type_or_form_is_invalid_in_any_case() {
    for sub in [
        "null",
        "true",
        "[]",
        "[4711]",
        "{}",
        "{\"sub\":1}",
        "4711.0",
        "4.7",
        "1e3",
        "1E0",
        "1000000000000000000000000000000000000000000",
    ] {
        for layer in [layer(), lenient()] {
            let answer = send(&layer, &with_subject(sub)).await.named(sub);
            answer.invalid_token(ErrorKind::InvalidClaim);
            assert_eq!(answer.claim(), Some("sub"));
        }
    }
}

#[tokio::test]
async fn a_claims_type_sees_the_number() {
    #[derive(Deserialize)]
    struct Numeric {
        sub: u64,
    }
    let builder = builder_for(issuer().allow_numeric_subject()).claims::<Numeric>();
    let layer = builder
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    for _ in 0..2 {
        let claims = send(&layer, &with_subject("4711")).await.accepted();
        assert_eq!(
            (claims.custom().sub, claims.subject()),
            (4711, Some("4711"))
        );
    }
    let claims = send(&lenient(), &with_subject("4711")).await.accepted();
    assert_eq!(claims.get("sub"), Some(&json!(4711)));
}

#[tokio::test]
async fn the_exception_is_for_one_issuer() {
    let theirs = other_key();
    let other = Issuer::from_keys(OTHER, key_set([&theirs]), AUDIENCE).allow_numeric_subject();
    let layer = builder().add_issuer(other).build().unwrap();
    let token = token().claim("sub", 4711);
    send(&layer, &token.sign())
        .await
        .invalid_token(ErrorKind::InvalidClaim);
    let token = token.key(&theirs).issuer(OTHER);
    assert_eq!(
        send(&layer, &token.sign()).await.accepted().subject(),
        Some("4711")
    );
}

// Whatever its signature, no key could make the token valid.
#[tokio::test]
async fn a_token_with_a_numeric_subject_or_without_iss_causes_no_fetch() {
    let issuer = TestIssuer::start().await.unwrap();
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    let forged = TestKey::generate(Algorithm::ES256)
        .token()
        .issuer(issuer.issuer());
    for token in [
        forged.clone().claim("sub", 4711),
        forged.without_claim("iss"),
    ] {
        assert!(send(&layer, &token.sign()).await.error.is_some());
    }
    assert_eq!(issuer.jwks_fetches(), 0);
}
