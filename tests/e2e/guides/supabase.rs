//! Supabase. Shapes: "JWT Claims Reference" (users' tokens, API keys), "JWT Signing Keys" (published
//! keys; tokens of the secret) and "Token Security" of the OAuth server (tokens of applications).

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigError, ErrorKind, Issuer, Key};

use crate::log;
use crate::site::{JwtAuthLayer, Site, StandIn as _, jwk_with, next_key};
use crate::support::{ask, bearer, tokio};
use crate::token::Token;

const PROJECT: &str = "https://abcdefghijklmnopqrst.supabase.co/auth/v1";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let name = "https://abcdefghijklmnopqrst.supabase.co/auth/v1";
    let keys = format!("{name}/.well-known/jwks.json");
    let issuer = Issuer::jwks(name, keys, "authenticated");
    JwtAuthLayer::builder(issuer)
        .authorize(|claims| claims.client_id().is_none())
        .build()
}

fn with_secret(secret: &str) -> Result<JwtAuthLayer, ConfigError> {
    let name = "https://abcdefghijklmnopqrst.supabase.co/auth/v1";
    let secret = Key::from_secret(Algorithm::HS256, secret)?;
    let keys = format!("{name}/.well-known/jwks.json");
    let issuer = Issuer::jwks(name, keys, "authenticated").add_secrets(secret);
    JwtAuthLayer::builder(issuer)
        .authorize(|claims| claims.client_id().is_none())
        .build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/supabase.md"));
    let members = json!({"key_ops": ["verify"], "ext": true});
    let next = next_key(Algorithm::ES256);
    let keys = [&site.key, next].map(|key| jwk_with(key, &members));
    site.publish_keys(&format!("{PROJECT}/.well-known/jwks.json"), keys);
    site
}

/// Returns a secret as the dashboard shows it, 88 characters in Base64, and the key of its tokens.
fn secret() -> (String, TestKey) {
    let random = TestKey::generate(Algorithm::HS512).secret().unwrap();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, random);
    assert_eq!(text.len(), 88);
    let key = TestKey::from_secret(Algorithm::HS256, &text);
    (text, key)
}

/// Returns the token as it was before the project had signing keys.
fn of_secret(site: &Site) -> Token {
    site.token()
        .header("alg", "HS256")
        .header("kid", "l5uFbVQcQqLp0aRO")
}

/// Returns the API key of the project, which the secret signs as well.
fn api_key(site: &Site, role: &str) -> Token {
    let user = [
        "sub",
        "aud",
        "email",
        "phone",
        "app_metadata",
        "user_metadata",
        "aal",
        "amr",
    ];
    let key = of_secret(site).without_header("kid").without(&user);
    key.without(&["session_id", "is_anonymous"])
        .claim("iss", "supabase")
        .claim("ref", "abcdefghijklmnopqrst")
        .claim("role", role)
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let (secret, _) = secret();
    for layer in [site.layer(auth), site.layer(|| with_secret(&secret))] {
        let claims = site.accepts(&layer, &site.token()).await;
        assert_eq!(
            claims.subject(),
            Some("123e4567-e89b-12d3-a456-426614174000")
        );
        assert_eq!(claims.get("role").unwrap(), "authenticated");
        assert_eq!(claims.get("amr").unwrap()[0]["method"], "password");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_the_secret_are_accepted_beside_those_of_the_keys() {
    let site = site();
    let (secret, key) = secret();
    let layer = site.layer(|| with_secret(&secret));
    let other = TestKey::from_secret(Algorithm::HS256, "the secret of another project");
    let hosted = of_secret(&site);
    let own_server = of_secret(&site).without_header("kid");
    for (token, kind) in [
        (hosted, ErrorKind::UnknownKey),
        (own_server, ErrorKind::InvalidSignature),
    ] {
        site.accepts_text(&layer, &token.sign(&key)).await;
        site.rejects_text(&layer, &token.sign(&other), kind).await;
    }
    assert!(site.fetched().is_empty(), "HMAC never causes a fetch");
}

#[tokio::test(start_paused = true)]
async fn the_layer_for_a_project_without_keys_needs_only_the_secret() {
    let site = Site::new(include_str!("../../../docs/providers/supabase.md"));
    let (secret, key) = secret();
    let layer = Site::layer_with_own_keys(|| {
        let secret = Key::from_secret(Algorithm::HS256, &secret)?;
        JwtAuthLayer::builder(Issuer::from_keys(PROJECT, secret, "authenticated")).build()
    });
    let token = of_secret(&site).sign(&key);
    site.accepts_text(&layer, &token).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let (secret, key) = secret();
    let layer = site.layer(|| with_secret(&secret));
    let other_project = "https://zyxwvutsrqponmlkjihg.supabase.co/auth/v1";
    for (token, kind) in [
        (
            site.token().claim("iss", other_project),
            ErrorKind::UnknownIssuer,
        ),
        (
            site.token().claim("aud", "billing"),
            ErrorKind::WrongAudience,
        ),
        (site.token().without(&["aud"]), ErrorKind::MissingClaim),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
    // The secret signs API keys, too, which are valid for years.
    for role in ["anon", "service_role"] {
        let token = api_key(&site, role).sign(&key);
        site.rejects_text(&layer, &token, ErrorKind::UnknownIssuer)
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_third_party_applications_are_rejected() {
    let site = site();
    let (secret, key) = secret();
    let of_application = |token: Token| {
        let token = token.claim("user_id", site.token().text("sub"));
        token.claim("client_id", "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d")
    };
    for layer in [site.layer(auth), site.layer(|| with_secret(&secret))] {
        let token = of_application(site.token());
        site.rejects(&layer, &token, ErrorKind::InsufficientScope)
            .await;
    }
    let layer = site.layer(|| with_secret(&secret));
    let token = of_application(of_secret(&site)).sign(&key);
    let answer = ask(&layer, bearer(&token)).await;
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
}

#[tokio::test(start_paused = true)]
async fn of_an_api_key_the_log_says_what_to_send() {
    let site = site();
    let (secret, key) = secret();
    let token = api_key(&site, "anon").sign(&key);
    let layer = site.layer(|| with_secret(&secret));
    site.explains_text(0, &layer, &token, ErrorKind::UnknownIssuer)
        .await;
    // Without the secret, it is rejected earlier.
    let layer = site.layer(auth);
    site.rejects_text(&layer, &token, ErrorKind::AlgorithmNotAllowed)
        .await;
    let hint = "send the user's access token: this is an API key of the Supabase project";
    assert!(log::text().contains("algorithm: found \"HS256\""));
    assert_eq!(log::text().matches(hint).count(), 2, "{}", log::text());
}

#[tokio::test(start_paused = true)]
async fn without_the_secret_the_log_says_that_its_tokens_are_not_allowed() {
    let site = site();
    let (_, key) = secret();
    let layer = site.layer(auth);
    let token = of_secret(&site).sign(&key);
    site.explains_text(1, &layer, &token, ErrorKind::AlgorithmNotAllowed)
        .await;
    assert!(site.fetched().is_empty());
}
