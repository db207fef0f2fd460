//! The hints of `Authenticator::diagnose` about usual causes: ID tokens, texts that are no token,
//! signatures, tenants, and names of Microsoft Entra ID.

use serde_json::json;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, Audience, Diagnosis, Issuer, JwtAuthBuilder, Key, Tenants};

use crate::support::tokio;
use crate::support::{AUDIENCE, builder, builder_for, default_key, key_set, token};

const ENTRA: &str = "https://login.microsoftonline.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0";

async fn diagnose(builder: JwtAuthBuilder, token: &str) -> Diagnosis {
    let layer = builder.build().unwrap();
    layer.authenticator().diagnose(token).await
}

/// Asserts the hint of the first failed check, and that it is short.
#[track_caller]
fn assert_hint(diagnosis: &Diagnosis, name: &str, expected: &str) {
    let mut checks = diagnosis.checks().iter();
    let check = checks.find(|check| check.error().is_some()).unwrap();
    assert_eq!(check.name(), name, "{diagnosis}");
    let hint = check.hint().unwrap_or_else(|| panic!("{check}"));
    assert!(hint.contains(expected), "{check}");
    assert!(hint.chars().count() <= 100, "{hint}");
}

fn issuer(name: &str, audience: impl Into<Audience>) -> JwtAuthBuilder {
    builder_for(Issuer::from_keys(name, key_set([default_key()]), audience))
}

#[tokio::test]
async fn a_text_in_place_of_a_token_is_named_for_what_it_is() {
    let whole = token().sign();
    let mut parts = whole.split('.');
    let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
    for (text, name, hint) in [
        (header, "form", "this one is cut"),
        (&format!("{header}.{payload}"), "form", "this one is cut"),
        (&format!("{header}.{payload}."), "form", "this one is cut"),
        (
            &format!("{whole}.{whole}"),
            "form",
            "more than the three parts",
        ),
        ("hello world", "form", "pass a token"),
        ("Bearer opaque", "form", "without a scheme"),
        (&format!("JWT {whole}"), "header", "without a scheme"),
        (&whole.replace('.', ".\n"), "payload", "in one piece"),
        ("{\"access_token\":\"x\"}", "form", "`access_token` alone"),
        ("eyJhbGciOiJub25lIn0.e30.", "form", "has no signature"),
        ("opaque", "form", "opaque"),
    ] {
        assert_hint(&diagnose(builder(), text).await, name, hint);
    }
    let diagnosis = diagnose(builder(), "opaque").await;
    assert_eq!(diagnosis.checks()[0].found(), Some("1 part, 6 bytes"));
}

#[tokio::test]
async fn a_wrong_signature_is_told_by_its_length() {
    let whole = token().sign();
    let other = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let changed = token().key(&other).sign();
    let replaced = "its key was replaced under its id";
    for (text, found, hint) in [
        (
            &whole[..whole.len() - 10],
            Some("57 bytes"),
            "this one is cut",
        ),
        (&whole[..whole.len() - 1], None, "this one is cut"),
        (&*changed, Some("64 bytes"), replaced),
    ] {
        let diagnosis = diagnose(builder(), text).await;
        assert_hint(&diagnosis, "signature", hint);
        let mut checks = diagnosis.checks().iter();
        let check = checks.find(|check| check.name() == "signature").unwrap();
        assert_eq!(check.found(), found);
        assert!(check.expected().unwrap().ends_with("for ES256 (64 bytes)"));
    }
    let rsa = TestKey::generate(Algorithm::RS256).with_key_id("rsa");
    let by_rsa = |key: &TestKey| token().key(key).sign();
    let trusted = || {
        let keys = key_set([&rsa]);
        builder_for(Issuer::from_keys(crate::support::ISSUER, keys, AUDIENCE))
    };
    let cut = by_rsa(&rsa);
    assert_hint(
        &diagnose(trusted(), &cut[..cut.len() - 8]).await,
        "signature",
        "is cut",
    );
    let stranger = TestKey::generate(Algorithm::RS256).with_key_id("rsa");
    assert_hint(
        &diagnose(trusted(), &by_rsa(&stranger)).await,
        "signature",
        replaced,
    );
    let secret = Key::from_secret(Algorithm::HS256, b"q8Zr1vXk3TnB6yLw0PdJ5sHc9uFgAeMi").unwrap();
    let layer = builder_for(Issuer::from_keys(crate::support::ISSUER, secret, AUDIENCE));
    let by_other = token().key(&TestKey::generate(Algorithm::HS256)).sign();
    assert_hint(
        &diagnose(layer, &by_other).await,
        "signature",
        "compare the secret",
    );
}

#[tokio::test]
async fn an_id_token_is_not_advised_as_an_audience() {
    let id_token = "this looks like an ID token";
    let name = "https://acme.eu.auth0.com/";
    let of_client = || token().issuer(name).audience("client");
    for token in [
        of_client().claim("nonce", "n"),
        of_client().claim("at_hash", "x"),
        of_client().claim("c_hash", "x"),
        of_client().claim("s_hash", "x"),
        of_client().claim("sid", "x"),
    ] {
        let diagnosis = diagnose(issuer(name, AUDIENCE), &token.sign()).await;
        assert_hint(&diagnosis, "audience", id_token);
    }
    let own = "request a token for this service";
    for token in [
        of_client().claim("nonce", "n").scope("read"),
        of_client().claim("sid", "x").claim("azp", "client"),
        of_client(),
    ] {
        let diagnosis = diagnose(issuer(name, AUDIENCE), &token.sign()).await;
        assert_hint(&diagnosis, "audience", own);
    }
    let lenient = Issuer::from_keys(name, key_set([default_key()]), AUDIENCE).allow_id_tokens();
    let diagnosis = diagnose(
        builder_for(lenient),
        &of_client().claim("nonce", "n").sign(),
    )
    .await;
    assert_hint(&diagnosis, "audience", own);
}

#[tokio::test]
async fn each_other_audience_gets_a_hint() {
    let keycloak = "https://keycloak.example/realms/shop";
    let cognito = "https://cognito-idp.eu-central-1.amazonaws.com/pool";
    let by_client = || Audience::claim("client_id", ["a"]);
    let of = |name: &str| token().issuer(name);
    let cases: [(JwtAuthBuilder, TokenBuilder, &str, &str); 5] = [
        (
            issuer(keycloak, AUDIENCE),
            of(keycloak).audience("shop-web").claim("typ", "Bearer"),
            "audience",
            "add an audience mapper",
        ),
        (
            issuer(cognito, by_client()),
            of(cognito).claim("client_id", "a"),
            "audience",
            "ID token of Amazon Cognito",
        ),
        (
            issuer(cognito, by_client()),
            of(cognito)
                .claim("client_id", "a")
                .claim("token_use", "access"),
            "audience",
            "in place of Audience::claim, if it names this service",
        ),
        (
            builder(),
            token().claim("aud", json!(null)),
            "payload",
            "null is not an audience",
        ),
        (
            builder(),
            token().issuer("https://other.example"),
            "issuer",
            "only if you trust its tokens",
        ),
    ];
    for (builder, token, name, hint) in cases {
        assert_hint(&diagnose(builder, &token.sign()).await, name, hint);
    }
}

#[tokio::test]
async fn a_tenant_that_is_not_allowed_is_told_from_another_issuer() {
    let pattern = "https://login.example/{tenant}/v2";
    let of = |tenants| {
        builder_for(Issuer::from_keys(pattern, key_set([default_key()]), AUDIENCE).tenants(tenants))
    };
    let by_b = token().issuer("https://login.example/b/v2").sign();
    let not_allowed = "Tenants does not allow this tenant: add it, if";
    assert_hint(
        &diagnose(of(Tenants::only(["a"])), &by_b).await,
        "issuer",
        not_allowed,
    );
    let none = of(Tenants::allowed_by(|tenant| tenant == "B"));
    assert_hint(&diagnose(none, &by_b).await, "issuer", not_allowed);
    let in_case = "the tenant differs in case";
    assert_hint(
        &diagnose(of(Tenants::only(["B"])), &by_b).await,
        "issuer",
        in_case,
    );
    let by_upper = token().issuer("https://login.example/B/v2").sign();
    assert_hint(
        &diagnose(of(Tenants::only(["b"])), &by_upper).await,
        "issuer",
        in_case,
    );
    let other = token().issuer("https://login.example/b/v1").sign();
    let unknown = "request the token from the configured issuer";
    assert_hint(
        &diagnose(of(Tenants::only(["B"])), &other).await,
        "issuer",
        unknown,
    );
}

#[tokio::test]
async fn an_issuer_that_is_configured_in_upper_case_is_hinted_at() {
    let token = token().issuer("https://issuer.example/shop").sign();
    let diagnosis = diagnose(issuer("https://Issuer.example/Shop", AUDIENCE), &token).await;
    assert_hint(&diagnosis, "issuer", "issuer differs in case");
}

#[tokio::test]
async fn the_hints_for_entra_are_those_of_its_guide() {
    let of = |name: &str| token().issuer(name);
    let api = "api://6e74172b";
    for (audience, token, hint) in [
        (
            Audience::from("6e74172b"),
            of(ENTRA).audience(api),
            "requestedAccessTokenVersion",
        ),
        (
            Audience::from(api),
            of(ENTRA).audience("6e74172b"),
            "configure the client id",
        ),
        (
            Audience::from(AUDIENCE).and_scope("access_as_user"),
            of(ENTRA).claim("roles", ["Orders.Read.All"]),
            "and_claim(\"roles\", …)",
        ),
        (
            Audience::from(AUDIENCE).and_scope("access_as_user"),
            of(ENTRA).claim("azp", "x").claim("azpacr", "1"),
            "and_claim(\"roles\", …)",
        ),
        (
            Audience::from(AUDIENCE).and_scope("access_as_user"),
            of(ENTRA).claim("scp", "other").claim("roles", ["x"]),
            "request the scope \"api://CLIENT_ID/access_as_user\"",
        ),
    ] {
        assert_hint(
            &diagnose(issuer(ENTRA, audience), &token.sign()).await,
            "audience",
            hint,
        );
    }
    let elsewhere = "https://issuer.example.org";
    let token = of(elsewhere).audience("api://x").sign();
    let diagnosis = diagnose(issuer(elsewhere, "x"), &token).await;
    assert_hint(&diagnosis, "audience", "request a token for this service");
}
