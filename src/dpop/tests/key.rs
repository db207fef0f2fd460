//! The key of a proof: public, strong enough, in its one form, and the one of the token.

use serde_json::{Value, json};

use super::support::{Client, changed, claims, encode, is_accepted, reason, verifier};
use crate::dpop::ProofError;

/// A key of RFC 7638 §3.1, whose thumbprint is there.
const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

const UNUSABLE: &str = "jwk is not usable";

fn decode(text: &Value) -> Vec<u8> {
    crate::encoding::base64url::decode(text.as_str().unwrap()).unwrap()
}

#[test]
fn a_key_with_a_private_member_is_rejected() {
    for client in [Client::p256(), Client::ed25519()] {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
            for value in [json!("AQAB"), Value::Null, json!([])] {
                let proof = client.with_jwk_member(name, value);
                assert_eq!(
                    reason(client.verify(&verifier(), &proof)),
                    UNUSABLE,
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn a_key_of_another_type_or_curve_than_the_algorithm_requires_is_rejected() {
    let (p256, p384, ed25519) = (Client::p256(), Client::p384(), Client::ed25519());
    for (client, alg) in [
        (&p256, "ES384"),
        (&p256, "ES512"),
        (&p256, "EdDSA"),
        (&p256, "RS256"),
        (&p384, "ES256"),
        (&ed25519, "ES256"),
        (&ed25519, "PS256"),
    ] {
        let proof = client.with_header("alg", json!(alg));
        assert_eq!(
            reason(client.verify(&verifier(), &proof)),
            UNUSABLE,
            "{alg}"
        );
    }
    for jwk in [
        json!({"kty": "oct", "k": encode([7; 32])}),
        json!({"kty": "EC", "crv": "secp256k1", "x": p256.jwk["x"], "y": p256.jwk["y"]}),
        json!({"kty": "EC", "x": p256.jwk["x"], "y": p256.jwk["y"]}),
        json!({"kty": "EC", "crv": "P-256", "x": p256.jwk["x"]}),
        json!({"kty": "EC", "crv": "P-256", "y": p256.jwk["y"]}),
        json!({"kty": "ec", "crv": "P-256", "x": p256.jwk["x"], "y": p256.jwk["y"]}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": ed25519.jwk["x"]}),
    ] {
        let proof = p256.with_header("jwk", jwk.clone());
        assert_eq!(reason(p256.verify(&verifier(), &proof)), UNUSABLE, "{jwk}");
    }
    for jwk in [
        json!({}),
        json!([]),
        json!("x"),
        Value::Null,
        json!({"kty": 1}),
    ] {
        let proof = p256.with_header("jwk", jwk.clone());
        assert_eq!(
            reason(p256.verify(&verifier(), &proof)),
            "the header is malformed",
            "{jwk}"
        );
    }
}

#[test]
fn what_the_key_says_of_its_use_must_allow_signatures_by_the_algorithm() {
    let client = Client::p256();
    for (name, value) in [
        ("use", json!("sig")),
        ("key_ops", json!(["verify"])),
        ("key_ops", json!(["sign", "verify"])),
        ("alg", json!("ES256")),
        ("kid", json!("1")),
        ("x5c", json!(["AAAA"])),
        ("extra", json!({"a": [1, {"b": null}]})),
    ] {
        let proof = client.with_jwk_member(name, value.clone());
        assert!(
            is_accepted(&client.verify(&verifier(), &proof)),
            "{name} {value}"
        );
    }
    for (name, value) in [
        ("use", json!("enc")),
        ("use", json!("")),
        ("use", json!("jwt-svid")),
        ("key_ops", json!([])),
        ("key_ops", json!(["sign"])),
        ("alg", json!("ES384")),
        ("alg", json!("none")),
        ("alg", json!("")),
    ] {
        let proof = client.with_jwk_member(name, value.clone());
        assert_eq!(
            reason(client.verify(&verifier(), &proof)),
            UNUSABLE,
            "{name} {value}"
        );
    }
    for (name, value) in [
        ("use", json!(1)),
        ("key_ops", json!("verify")),
        ("alg", json!([])),
    ] {
        let proof = client.with_jwk_member(name, value);
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(reason, "the header is malformed", "{name}");
    }
}

// Two texts of one key would have two thumbprints.
#[test]
fn a_coordinate_has_one_form() {
    let client = Client::p256();
    let x = decode(&client.jwk["x"]);
    let text = client.jwk["x"].as_str().unwrap();
    let last = text.chars().next_back().unwrap();
    // The last of 43 characters has two bits that encode nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    let other = alphabet.chars().nth(at + 1).unwrap();
    let trailing = format!("{}{other}", text.strip_suffix(last).unwrap());
    for other in [
        encode([&[0], x.as_slice()].concat()),
        encode(&x[1..]),
        format!("{text}="),
        format!("{text} "),
        trailing,
        text.replace(['-', '_'], "+"),
        String::new(),
    ] {
        if other == text {
            continue;
        }
        let proof = client.with_jwk_member("x", json!(other));
        assert_eq!(
            reason(client.verify(&verifier(), &proof)),
            UNUSABLE,
            "{other}"
        );
    }
}

#[test]
fn a_weak_or_impossible_key_is_rejected() {
    let client = Client::p256();
    let flipped = {
        let mut y = decode(&client.jwk["y"]);
        y[31] ^= 1;
        encode(y)
    };
    for (x, y) in [
        (client.jwk["x"].clone(), json!(flipped)),
        (json!(encode([0; 32])), json!(encode([0; 32]))),
        (json!(encode([0xff; 32])), json!(encode([0xff; 32]))),
    ] {
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let proof = client.with_header("jwk", jwk);
        assert_eq!(reason(client.verify(&verifier(), &proof)), UNUSABLE);
    }
    let ed25519 = Client::ed25519();
    for x in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let proof = ed25519.with_jwk_member("x", json!(encode(x)));
        assert_eq!(reason(ed25519.verify(&verifier(), &proof)), UNUSABLE);
    }
    let n = decode(&json!(RSA_N));
    let with_zero = [&[0], n.as_slice()].concat();
    for (n, e) in [
        (n[..128].to_vec(), vec![1, 0, 1]),
        ([n.clone(), vec![1; 1024]].concat(), vec![1, 0, 1]),
        (n.clone(), vec![1]),
        (n.clone(), vec![2]),
        (n.clone(), vec![]),
        (n.clone(), vec![0, 1, 0, 1]),
        (with_zero, vec![1, 0, 1]),
    ] {
        let jwk = json!({"kty": "RSA", "n": encode(n), "e": encode(e)});
        let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": jwk});
        let proof = client.sign(&header.to_string(), &claims().to_string());
        assert_eq!(reason(client.verify(&verifier(), &proof)), UNUSABLE);
    }
}

#[test]
fn the_signature_must_be_one_of_the_key_in_the_proof() {
    let (client, other) = (Client::p256(), Client::p256());
    let verifier = verifier();
    let invalid = "the signature is invalid";
    let (header, claims) = (client.header().to_string(), claims().to_string());
    let forged = other.sign(&header, &claims);
    // Also once the key is cached.
    for _ in 0..2 {
        assert_eq!(reason(client.verify(&verifier, &forged)), invalid);
        let valid = client.proof();
        assert!(is_accepted(&client.verify(&verifier, &valid)));
        let (message, signature) = valid.rsplit_once('.').unwrap();
        let bytes = decode(&json!(signature));
        for bit in [0, 7, 255, 256, 511] {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let proof = format!("{message}.{}", encode(bytes));
            assert_eq!(reason(client.verify(&verifier, &proof)), invalid, "{bit}");
        }
        for bytes in [
            vec![0; 64],
            vec![0; 63],
            bytes[1..].to_vec(),
            vec![0x30; 70],
        ] {
            let proof = format!("{message}.{}", encode(bytes));
            assert_eq!(reason(client.verify(&verifier, &proof)), invalid);
        }
        let changed = changed(super::support::claims(), "jti", Some(json!("2"))).to_string();
        let proof = format!("{}.{}.{signature}", encode(&header), encode(changed));
        assert_eq!(reason(client.verify(&verifier, &proof)), invalid);
    }
}

#[test]
fn a_valid_proof_of_another_key_is_one_of_the_wrong_key() {
    let (client, other) = (Client::p256(), Client::p256());
    let verifier = verifier();
    for _ in 0..2 {
        let outcome = client.verify(&verifier, &other.proof());
        assert_eq!(outcome.err(), Some(ProofError::WrongKey));
        assert!(is_accepted(&other.verify(&verifier, &other.proof())));
    }
    // One that is invalid by itself is an invalid proof, whosever key it has.
    let outcome = client.verify(&verifier, &other.with_claim("htm", Some(json!("PUT"))));
    assert_eq!(reason(outcome), "htm is not the method of the request");
    let outcome = client.verify(&verifier, &other.with_jwk_member("d", json!("AA")));
    assert_eq!(reason(outcome), UNUSABLE);
}

// RFC 7638 §3.1, and RFC 8037 A.3.
#[test]
fn the_thumbprint_is_that_of_the_required_members() {
    for (alg, jwk, expected) in [
        (
            "RS256",
            json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            "EdDSA",
            json!({
                "kty": "OKP", "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            }),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ] {
        let header = json!({"typ": "dpop+jwt", "alg": alg, "jwk": jwk}).to_string();
        let all = crate::algorithm::AlgorithmSet::asymmetric();
        let header = crate::dpop::header::read(&header, all, || Ok(()))
            .ok()
            .unwrap();
        assert_eq!(encode(header.thumbprint), expected);
    }
}
