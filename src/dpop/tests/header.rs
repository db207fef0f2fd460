//! The header of a proof: `typ`, `alg`, extensions, form.

use serde_json::{Value, json};

use super::support::{Client, build, claims, encode, is_accepted, reason, verifier};
use crate::algorithm::Algorithm;
use crate::dpop::Dpop;

#[test]
fn a_valid_proof_of_each_type_of_key_is_accepted() {
    for client in [Client::p256(), Client::p384(), Client::ed25519()] {
        let verifier = verifier();
        // The second time, the key is cached.
        for _ in 0..2 {
            let outcome = client.verify(&verifier, &client.proof());
            assert!(is_accepted(&outcome), "{}", client.alg);
        }
    }
}

#[test]
fn the_type_is_dpop_jwt_in_any_case_with_or_without_its_prefix() {
    let client = Client::p256();
    for typ in [
        "dpop+jwt",
        "DPoP+JWT",
        "application/dpop+jwt",
        "APPLICATION/dpop+jwt",
    ] {
        let proof = client.with_header("typ", json!(typ));
        assert!(is_accepted(&client.verify(&verifier(), &proof)), "{typ}");
    }
    for typ in [
        "JWT",
        "at+jwt",
        "",
        "dpop",
        "dpop+jwt ",
        "text/dpop+jwt",
        "application/",
    ] {
        let proof = client.with_header("typ", json!(typ));
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "typ is not dpop+jwt", "{typ}");
    }
    let header = json!({"alg": "ES256", "jwk": client.jwk}).to_string();
    let absent = client.sign(&header, &claims().to_string());
    assert_eq!(
        reason(client.verify(&verifier(), &absent)),
        "typ is not dpop+jwt"
    );
}

#[test]
fn an_algorithm_that_is_none_symmetric_or_not_allowed_is_rejected() {
    let client = Client::p256();
    for alg in [
        "none", "None", "NONE", "nOnE", "HS256", "HS512", "es256", "ES256 ", "",
    ] {
        let proof = client.with_header("alg", json!(alg));
        assert_eq!(
            reason(client.verify(&verifier(), &proof)),
            "alg is not allowed",
            "{alg}"
        );
    }
    let only_ed25519 = build(Dpop::optional().algorithms([Algorithm::Ed25519]));
    let outcome = client.verify(&only_ed25519, &client.proof());
    assert_eq!(reason(outcome), "alg is not allowed");
    let ed25519 = Client::ed25519();
    for alg in ["EdDSA", "Ed25519"] {
        let proof = ed25519.with_header("alg", json!(alg));
        assert!(is_accepted(&ed25519.verify(&only_ed25519, &proof)), "{alg}");
    }
}

#[test]
fn extensions_that_are_not_supported_are_rejected_whatever_their_value() {
    let client = Client::p256();
    for (name, value) in [
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", Value::Null),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
    ] {
        let proof = client.with_header(name, value);
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the header has crit, b64 or zip", "{name}");
    }
}

#[test]
fn other_parameters_that_name_keys_are_never_looked_at() {
    let client = Client::p256();
    for (name, value) in [
        ("kid", json!("other")),
        ("kid", json!(7)),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["not base64"])),
        ("cty", json!("x")),
    ] {
        let proof = client.with_header(name, value);
        assert!(is_accepted(&client.verify(&verifier(), &proof)), "{name}");
    }
}

#[test]
fn a_member_that_occurs_twice_is_rejected_at_every_depth_however_it_is_written() {
    let client = Client::p256();
    let (header, claims) = (client.header().to_string(), claims().to_string());
    let jwk = client.jwk.to_string();
    let with = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let twice_in_jwk = with(&jwk, r#""kty":"EC""#);
    for header in [
        with(&header, r#""alg":"ES256""#),
        with(&header, r#""typ":"dpop+jwt""#),
        with(&header, r#""t\u0079p":"dpop+jwt""#),
        with(&header, &format!(r#""jwk":{jwk}"#)),
        header.replace(&jwk, &twice_in_jwk),
        with(&header, r#""x":{"a":1,"a":2}"#),
        with(&header, r#""$serde_json::private::RawValue":"1""#),
    ] {
        let proof = client.sign(&header, &claims);
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the header is malformed", "{header}");
    }
    for name in ["jti", "htm", "htu", "iat", "ath", "other"] {
        let twice = with(
            &with(&claims, &format!(r#""{name}":"a""#)),
            &format!(r#""{name}":"a""#),
        );
        let proof = client.sign(&header, &twice);
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the claims are malformed", "{twice}");
    }
}

#[test]
fn a_proof_is_one_jws_in_compact_form() {
    let client = Client::p256();
    let proof = client.proof();
    let (message, signature) = proof.rsplit_once('.').unwrap();
    for (malformed, expected) in [
        (String::new(), "the proof is not one JWS in compact form"),
        (
            message.to_owned(),
            "the proof is not one JWS in compact form",
        ),
        (
            format!("{proof}.{signature}"),
            "the proof is not one JWS in compact form",
        ),
        (format!("{message}."), "the signature has no valid length"),
        (
            format!("{message}.{}", "A".repeat(1367)),
            "the signature has no valid length",
        ),
        (
            format!("{proof}, {proof}"),
            "the proof is not one JWS in compact form",
        ),
        (format!(" {proof}"), "a part is not base64url"),
        (format!("{proof}="), "a part is not base64url"),
        (format!("{proof} "), "a part is not base64url"),
        (
            format!("{message}.\u{e9}{signature}"),
            "a part is not base64url",
        ),
        (proof.replacen('e', "e,", 1), "a part is not base64url"),
        ("A".repeat(8 * 1024 + 1), "the proof is longer than 8 KiB"),
    ] {
        assert_eq!(
            reason(client.verify(&verifier(), &malformed)),
            expected,
            "{malformed:.20}"
        );
    }
}

#[test]
fn a_proof_may_be_as_long_as_its_bound_and_no_longer() {
    let client = Client::p256();
    let proof_of = |padding: usize| client.with_claim("padding", Some(json!("p".repeat(padding))));
    let len = proof_of(0).len();
    let padding = (8 * 1024 - len) * 3 / 4;
    let longest = proof_of(padding - 2);
    assert!(
        longest.len() <= 8 * 1024 && longest.len() > 8 * 1024 - 8,
        "{}",
        longest.len()
    );
    assert!(is_accepted(&client.verify(&verifier(), &longest)));
    let outcome = client.verify(&verifier(), &proof_of(padding + 4));
    assert_eq!(reason(outcome), "the proof is longer than 8 KiB");
}

#[test]
fn a_header_that_is_no_object_or_lacks_its_members_is_rejected() {
    let client = Client::p256();
    let malformed = "the header is malformed";
    for (header, expected) in [
        (json!({"typ": "dpop+jwt", "jwk": client.jwk}), malformed),
        (
            json!({"typ": "dpop+jwt", "alg": "ES256"}),
            "the header has no jwk",
        ),
        (
            json!({"typ": "dpop+jwt", "alg": 1, "jwk": client.jwk}),
            malformed,
        ),
        (
            json!({"typ": ["dpop+jwt"], "alg": "ES256", "jwk": client.jwk}),
            malformed,
        ),
        (json!([client.header()]), malformed),
        (json!("dpop+jwt"), malformed),
    ] {
        let proof = client.sign(&header.to_string(), &claims().to_string());
        assert_eq!(
            reason(client.verify(&verifier(), &proof)),
            expected,
            "{header}"
        );
    }
    let header = client.header().to_string();
    for header in [
        format!("{header}{header}"),
        format!("{header},"),
        header.trim_start_matches('{').to_owned(),
    ] {
        let proof = client.sign(&header, &claims().to_string());
        assert_eq!(reason(client.verify(&verifier(), &proof)), malformed);
    }
    let many: Vec<_> = (0..128).map(|n| format!("\"{n}\":0,")).collect();
    let many = many.concat();
    let many = client.sign(
        &header.replacen('{', &format!("{{{many}"), 1),
        &claims().to_string(),
    );
    assert_eq!(reason(client.verify(&verifier(), &many)), malformed);
    let not_utf8 = encode(b"{\"alg\":\"\xff\"}");
    let not_utf8 = format!("{not_utf8}.{}.AAAA", encode(claims().to_string()));
    assert_eq!(
        reason(client.verify(&verifier(), &not_utf8)),
        "a part is not UTF-8"
    );
}
