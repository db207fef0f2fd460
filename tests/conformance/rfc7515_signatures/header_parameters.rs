//! Requirement 10: `crit`, `b64` and `zip` (RFC 7515 §4.1.11, RFC 7797).

use serde_json::{Value, json};
use tower_jwt_auth::ErrorKind;

use crate::support::tokio;
use crate::support::{HEADER, default_key, encode, layer, payload, send, token};

#[tokio::test]
async fn crit_is_rejected_in_every_form() {
    let forms = [
        json!([]),
        json!(["unknown"]),
        json!(["x"]),
        json!(["alg"]),
        json!(["exp"]),
        json!(["b64"]),
        json!(["x", "x"]),
        json!(["kid", "typ"]),
        json!([""]),
        json!([1]),
        json!([null]),
        json!(["x", 1]),
        json!("x"),
        json!({}),
        json!({"x": 1}),
        json!(1),
        json!(true),
        json!(false),
        Value::Null,
    ];
    for form in forms {
        let token = token().header("crit", &form).header("x", 1);
        send(&layer(), &token.sign())
            .await
            .named(&form)
            .invalid_token(ErrorKind::UnsupportedHeader);
        let token = token.header("b64", true).without_header("x");
        send(&layer(), &token.sign())
            .await
            .named(&form)
            .invalid_token(ErrorKind::UnsupportedHeader);
    }
}

// CVE-2025-59420
#[tokio::test]
async fn a_critical_extension_that_is_not_understood_is_rejected() {
    let token = token()
        .header("crit", ["cnf", "http://example.com/ext"])
        .header("cnf", json!({"jkt": "x"}));
    let answer = send(
        &layer(),
        &token.header("http://example.com/ext", true).sign(),
    )
    .await;
    answer.invalid_token(ErrorKind::UnsupportedHeader);
}

#[tokio::test]
async fn a_name_written_with_escapes_is_the_same_name() {
    for name in [r"\u0063rit", r"cr\u0069t", r"b\u00364", r"z\u0069p"] {
        let header = format!("{},\"{name}\":[\"x\"]}}", HEADER.trim_end_matches('}'));
        let token = default_key().sign_raw(&header, payload(&[]).as_bytes());
        send(&layer(), &token)
            .await
            .named(name)
            .invalid_token(ErrorKind::UnsupportedHeader);
    }
}

// The parts of a JWT are always base64url (RFC 7519 §3), so `b64` is useless with either value.
#[tokio::test]
async fn b64_is_rejected() {
    for value in [
        json!(false),
        json!(true),
        json!("false"),
        json!(0),
        Value::Null,
    ] {
        let token = token().header("b64", &value);
        send(&layer(), &token.sign())
            .await
            .named(&value)
            .invalid_token(ErrorKind::UnsupportedHeader);
        let token = token.header("crit", ["b64"]);
        send(&layer(), &token.sign())
            .await
            .named(&value)
            .invalid_token(ErrorKind::UnsupportedHeader);
    }
}

// RFC 7797 §3: an unencoded payload between the dots.
#[tokio::test]
async fn an_unencoded_payload_is_rejected() {
    let header = encode(r#"{"alg":"ES256","kid":"ES256","b64":false,"crit":["b64"]}"#);
    let signature = token().sign().rsplit('.').next().unwrap().to_owned();
    let answer = send(&layer(), &format!("{header}.payload.{signature}")).await;
    answer.invalid_token(ErrorKind::UnsupportedHeader);
}

// CVE-2023-51774 and decompression bombs: nothing is decompressed.
#[tokio::test]
async fn zip_is_rejected() {
    for value in [json!("DEF"), json!(""), json!("GZ"), Value::Null] {
        let token = token().header("zip", &value).sign();
        send(&layer(), &token)
            .await
            .named(&value)
            .invalid_token(ErrorKind::UnsupportedHeader);
    }
}

// RFC 7515 §4: parameters that are neither understood nor critical must be ignored.
#[tokio::test]
async fn other_parameters_are_ignored() {
    let token = token()
        .header("x", json!({"deep": [1, 2]}))
        .header("cty", "json")
        .header("nonce", "n");
    send(
        &layer(),
        &token.header("enc", "A256GCM").header("CRIT", ["x"]).sign(),
    )
    .await
    .accepted();
}
