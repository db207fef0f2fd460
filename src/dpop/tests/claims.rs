//! The claims of a proof: which must be present, `htm`, `ath`, `jti`.

use http::Request;
use serde_json::{Value, json};

use super::support::{Client, NOW, TOKEN, encode, is_accepted, reason, seconds, verifier};
use crate::crypto::sha256;

const ABSENT: &str =
    "jti, htm, htu, iat or ath is absent, or jti is empty or longer than 256 bytes";

#[test]
fn a_claim_that_is_absent_is_rejected() {
    let client = Client::p256();
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        let proof = client.with_claim(name, None);
        assert_eq!(reason(client.verify(&verifier(), &proof)), ABSENT, "{name}");
    }
}

#[test]
fn a_claim_of_another_json_type_is_rejected() {
    let client = Client::p256();
    for name in ["jti", "htm", "htu", "ath", "iat", "exp", "nbf"] {
        for value in [Value::Null, json!(true), json!([]), json!({}), json!(["a"])] {
            let proof = client.with_claim(name, Some(value.clone()));
            let reason = reason(client.verify(&verifier(), &proof));
            assert_eq!(reason, "the claims are malformed", "{name} {value}");
        }
    }
    for (name, value) in [
        ("jti", json!(1)),
        ("htm", json!(1)),
        ("iat", json!("1800000000")),
        ("iat", json!(-1)),
        ("iat", json!(1e300)),
        ("exp", json!("1800000000")),
    ] {
        let proof = client.with_claim(name, Some(value.clone()));
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the claims are malformed", "{name} {value}");
    }
}

#[test]
fn the_claims_are_one_json_object() {
    let client = Client::p256();
    let valid = super::support::claims().to_string();
    for claims in [
        String::new(),
        "[]".to_owned(),
        format!("[{valid}]"),
        format!("{valid}{valid}"),
        format!("{valid} x"),
        valid.trim_start_matches('{').to_owned(),
        format!("\u{feff}{valid}"),
    ] {
        let proof = client.sign(&client.header().to_string(), &claims);
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the claims are malformed", "{claims}");
    }
}

#[test]
fn an_id_has_1_to_256_bytes() {
    let client = Client::p256();
    for (id, accepted) in [
        (String::new(), false),
        ("1".to_owned(), true),
        ("i".repeat(256), true),
        ("i".repeat(257), false),
        ("\u{e9}".repeat(128), true),
        ("\u{e9}".repeat(129), false),
        ("a\0*{}\n:".to_owned(), true),
    ] {
        let proof = client.with_claim("jti", Some(json!(id)));
        let outcome = client.verify(&verifier(), &proof);
        if accepted {
            assert!(is_accepted(&outcome), "{id:?}");
        } else {
            assert_eq!(reason(outcome), ABSENT, "{id:?}");
        }
    }
}

#[test]
fn the_method_is_compared_byte_by_byte() {
    let client = Client::p256();
    for (htm, method, accepted) in [
        ("GET", "GET", true),
        ("POST", "POST", true),
        ("CONNECT", "CONNECT", true),
        ("get", "get", true),
        ("get", "GET", false),
        ("GET", "HEAD", false),
        ("HEAD", "GET", false),
        ("POST,GET", "GET", false),
        ("GET ", "GET", false),
        ("", "GET", false),
        ("*", "GET", false),
    ] {
        let request = Request::builder().method(method).uri(super::support::URL);
        // A header that overrides the method for some frameworks changes nothing.
        let request = request
            .header("x-http-method-override", htm)
            .body(())
            .unwrap();
        let proof = client.with_claim("htm", Some(json!(htm)));
        let outcome = client.verify_request(&verifier(), &proof, &request, seconds(NOW));
        if accepted {
            assert!(is_accepted(&outcome), "{htm} {method}");
        } else {
            assert_eq!(
                reason(outcome),
                "htm is not the method of the request",
                "{htm} {method}"
            );
        }
    }
}

#[test]
fn ath_is_the_hash_of_the_token_as_it_was_sent() {
    let client = Client::p256();
    let hash = sha256(&[TOKEN.as_bytes()]);
    let valid = encode(hash);
    let hex = hash.map(|byte| format!("{byte:02x}")).concat();
    for ath in [
        encode(sha256(&[b"another-token"])),
        encode(sha256(&[TOKEN.as_bytes(), b" "])),
        encode(&hash[..31]),
        encode([hash.as_slice(), &[0]].concat()),
        format!("{valid}="),
        format!("{valid} "),
        hex,
        TOKEN.to_owned(),
        String::new(),
        "\u{e9}".to_owned(),
    ] {
        let proof = client.with_claim("ath", Some(json!(ath)));
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "ath is not the hash of the token", "{ath}");
    }
}

#[test]
fn other_claims_are_ignored_and_so_is_the_nonce_that_no_one_asked_for() {
    let client = Client::p256();
    for (name, value) in [
        ("nonce", json!("of-the-authorization-server")),
        ("nonce", json!(7)),
        ("iss", json!("https://other.example")),
        ("aud", json!(["x"])),
        ("sub", Value::Null),
        ("cnf", json!({"jkt": "x"})),
        ("other", json!({"a": [1, -0.5, 1e10]})),
    ] {
        let proof = client.with_claim(name, Some(value));
        assert!(is_accepted(&client.verify(&verifier(), &proof)), "{name}");
    }
}
