//! Requirement 8: the compact form and its base64url (RFC 7515 §2, §7.1; RFC 8725bis §3.14).

use serde_json::json;
use tower_jwt_auth::{Algorithm, ErrorKind};

use crate::support::tokio;
use crate::support::{
    HEADER, default_key, encode, key, layer, payload, raw_layer, send, send_raw, signed, token,
    token_of,
};

async fn malformed(token: &str) {
    send_raw(&raw_layer(), token)
        .await
        .named(token)
        .invalid_token(ErrorKind::MalformedToken);
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// Returns the token with one of its parts changed.
fn with_part(token: &str, index: usize, change: impl Fn(&str) -> String) -> String {
    let mut parts = parts(token).map(ToOwned::to_owned);
    parts[index] = change(&parts[index]);
    parts.join(".")
}

#[tokio::test]
async fn a_token_has_exactly_two_dots() {
    let valid = token().sign();
    let [header, payload, signature] = parts(&valid);
    let mut wrong = vec![
        String::new(),
        header.to_owned(),
        format!("{header}{payload}{signature}"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}{signature}"),
        format!("{valid}."),
        format!(".{valid}"),
        format!("{header}..{payload}.{signature}"),
        format!("{valid}.{signature}"),
    ];
    wrong.extend([1, 2, 3, 4, 500].map(|dots| ".".repeat(dots)));
    wrong.push(format!("{valid}{}", ".".repeat(500)));
    wrong.push(format!("{header}{}{signature}", ".".repeat(500)));
    for token in wrong {
        malformed(&token).await;
    }
}

#[tokio::test]
async fn an_empty_part_is_malformed() {
    let valid = token().sign();
    for index in 0..3 {
        malformed(&with_part(&valid, index, |_| String::new())).await;
    }
}

#[tokio::test]
async fn an_encrypted_token_of_five_parts_is_malformed() {
    let header = encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    malformed(&format!(
        "{header}.{}.{}.{}.{}",
        encode("key"),
        encode("iv"),
        encode("text"),
        encode("tag")
    ))
    .await;
    // CVE-2025-27144 and similar ones: with a valid header.
    malformed(&format!(
        "{}.{}.a.b.c",
        encode(HEADER),
        encode(payload(&[]))
    ))
    .await;
    send(&layer(), &format!("{header}.AAAA.AAAA.AAAA.AAAA"))
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

#[tokio::test]
async fn padding_is_malformed() {
    let valid = token().sign();
    for index in 0..3 {
        for padding in ["=", "==", "===", "%3D"] {
            malformed(&with_part(&valid, index, |part| format!("{part}{padding}"))).await;
        }
    }
}

/// Returns a token with `-` or `_`, which only the URL-safe alphabet has, in every part.
fn with_special_characters() -> String {
    let header = r#"{"alg":"ES256","x":"????~~~~>>>>"}"#;
    loop {
        let token = default_key().sign_raw(
            header,
            payload(&[("x", "\"????~~~~>>>>\""), nonce()]).as_bytes(),
        );
        if parts(&token).iter().all(|part| part.contains(['-', '_'])) {
            return token;
        }
    }
}

/// Returns another claim at each call, so that deterministic signatures differ, too.
fn nonce() -> (&'static str, &'static str) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    (
        "n",
        ["1", "2", "3", "4", "5", "6", "7", "8"][NEXT.fetch_add(1, Ordering::Relaxed) % 8],
    )
}

#[tokio::test]
async fn the_standard_alphabet_is_malformed() {
    let valid = with_special_characters();
    send(&layer(), &valid).await.accepted();
    for index in 0..3 {
        malformed(&with_part(&valid, index, |part| {
            part.replace('-', "+").replace('_', "/")
        }))
        .await;
    }
}

#[tokio::test]
async fn white_space_is_malformed() {
    let valid = token().sign();
    for index in 0..3 {
        for space in [" ", "\n", "\r\n", "\t", "\u{a0}", "\0", "%20"] {
            malformed(&with_part(&valid, index, |part| format!("{space}{part}"))).await;
            malformed(&with_part(&valid, index, |part| format!("{part}{space}"))).await;
            malformed(&with_part(&valid, index, |part| {
                format!("{}{space}{}", &part[..4], &part[4..])
            }))
            .await;
        }
    }
}

#[tokio::test]
async fn a_character_outside_the_alphabet_is_malformed() {
    let valid = token().sign();
    for index in 0..3 {
        for character in ["*", "~", "é", "\u{ff}", ":", "!"] {
            malformed(&with_part(&valid, index, |part| {
                format!("{character}{}", &part[1..])
            }))
            .await;
        }
    }
}

/// Returns the part with an unused trailing bit set.
// That of RSA with 8192 bits is the longest signature. A longer one is wrong, whatever it contains.
#[tokio::test]
async fn a_signature_of_the_maximum_length_is_decoded() {
    let with_signature = |signature: &str| with_part(&token().sign(), 2, |_| signature.to_owned());
    malformed(&with_signature(&"*".repeat(1366))).await;
    for signature in ["A".repeat(1366), "*".repeat(1367)] {
        send(&layer(), &with_signature(&signature))
            .await
            .invalid_token(ErrorKind::InvalidSignature);
    }
}

fn with_trailing_bit(part: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(part.len() % 4, 0, "no bit of {part} is dropped");
    let (rest, last) = part.split_at(part.len() - 1);
    let value = ALPHABET
        .iter()
        .position(|character| *character == last.as_bytes()[0])
        .unwrap();
    format!("{rest}{}", char::from(ALPHABET[value | 1]))
}

#[tokio::test]
async fn non_zero_trailing_bits_are_malformed() {
    // Spaces make each part one or two bytes longer than a multiple of three, so that there are
    // unused bits.
    for beyond in [1, 2] {
        let fill = |text: &str| format!("{text}{}", " ".repeat((3 + beyond - text.len() % 3) % 3));
        let valid = default_key().sign_raw(&fill(HEADER), fill(&payload(&[])).as_bytes());
        send_raw(&raw_layer(), &valid)
            .await
            .named(beyond)
            .accepted();
        for index in 0..3 {
            malformed(&with_part(&valid, index, with_trailing_bit)).await;
        }
    }
}

// No base64url text has a length of 4n + 1.
#[tokio::test]
async fn an_impossible_length_is_malformed() {
    let valid = token().sign();
    for index in 0..3 {
        let impossible = |part: &str| format!("{}A", &part[..part.len() / 4 * 4]);
        malformed(&with_part(&valid, index, impossible)).await;
    }
}

// RFC 7515 §7.2: not the compact form, so not a JWT (RFC 7519 §1).
#[tokio::test]
async fn the_json_serializations_are_malformed() {
    let valid = token().sign();
    let [protected, payload, signature] = parts(&valid);
    let flattened = json!({"payload": payload, "protected": protected, "signature": signature});
    let signatures = json!([{"protected": protected, "signature": signature}]);
    let general = json!({"payload": payload, "signatures": signatures});
    for text in [flattened.to_string(), general.to_string()] {
        malformed(&text).await;
        malformed(&encode(text)).await;
    }
}

// Nested tokens (`cty`: JWT) are not supported.
#[tokio::test]
async fn a_nested_token_is_malformed() {
    malformed(&signed(token_of(key(Algorithm::ES256)).sign())).await;
}
