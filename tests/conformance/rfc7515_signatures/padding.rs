//! Padding in tokens, which RFC 7515 §2 does not allow, and `allow_padding` accepts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, NOW, ask, bearer, builder, layer};

const SECRET: &[u8] = b"q8Zr2vL0xN5tY7wB1mK4pS6dF9hJ3gCe";

/// Returns the three parts of a signed token, whose payload takes two padding characters, one or
/// none.
fn padded(filler: usize) -> [String; 3] {
    let header = URL_SAFE.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let payload = format!(
        r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{},"x":"{}"}}"#,
        NOW + 60,
        "x".repeat(filler)
    );
    let payload = URL_SAFE.encode(payload);
    let signature = sign(&format!("{header}.{payload}"));
    [header, payload, signature]
}

/// Returns the signature with its padding.
fn sign(message: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let algorithm = jsonwebtoken::Algorithm::HS256;
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap() + "="
}

fn issuer() -> Issuer {
    let key = tower_jwt_auth::Key::from_secret(Algorithm::HS256, SECRET).unwrap();
    Issuer::from_keys(ISSUER, key, AUDIENCE)
}

fn padding_layer() -> JwtAuthLayer {
    let builder = JwtAuthLayer::builder(issuer()).allow_padding();
    builder.clock(crate::support::clock()).build().unwrap()
}

#[tokio::test]
async fn padded_tokens_are_accepted_if_that_is_set() {
    let strict = JwtAuthLayer::builder(issuer());
    let strict = strict.clock(crate::support::clock()).build().unwrap();
    let lenient = padding_layer();
    let mut paddings = Vec::new();
    for filler in 0..3 {
        let parts = padded(filler);
        paddings.push(parts[1].matches('=').count());
        let token = parts.join(".");
        ask(&lenient, bearer(&token)).await.named(&token).accepted();
        let answer = ask(&strict, bearer(&token)).await.named(&token);
        answer.invalid_token(ErrorKind::MalformedToken);
        // The signature covers the padding of the others, not its own.
        let bare = format!(
            "{}.{}.{}",
            parts[0],
            parts[1],
            parts[2].trim_end_matches('=')
        );
        ask(&lenient, bearer(&bare)).await.named(&bare).accepted();
    }
    paddings.sort_unstable();
    assert_eq!(paddings, [0, 1, 2], "each padding is tried");
}

#[tokio::test]
async fn tokens_without_padding_are_accepted_as_before() {
    let lenient = builder().allow_padding().build().unwrap();
    let token = crate::support::token().sign();
    ask(&lenient, bearer(&token)).await.accepted();
    ask(&layer(), bearer(&token)).await.accepted();
}

#[tokio::test]
async fn wrong_padding_is_rejected() {
    let lenient = padding_layer();
    let [header, payload, signature] = padded(0);
    let bare = signature.trim_end_matches('=');
    for signature in ["=", "==", "====", "=a", "%3D"].map(|end| format!("{bare}={end}")) {
        let token = format!("{header}.{payload}.{signature}");
        let answer = ask(&lenient, bearer(&token)).await.named(&token);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
    // Correctly signed, but not base64url.
    for payload in [
        format!("{payload}="),
        format!("={payload}"),
        format!("{payload}===="),
    ] {
        let message = format!("{header}.{payload}");
        let token = format!("{message}.{}", sign(&message));
        let answer = ask(&lenient, bearer(&token)).await.named(&token);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn padding_that_is_added_or_removed_changes_what_is_signed() {
    let lenient = padding_layer();
    for filler in 0..3 {
        let [header, payload, signature] = padded(filler);
        let Some(bare) = payload.strip_suffix('=') else {
            continue;
        };
        let token = format!("{header}.{}.{signature}", bare.trim_end_matches('='));
        let answer = ask(&lenient, bearer(&token)).await.named(&token);
        answer.invalid_token(ErrorKind::InvalidSignature);
    }
}
