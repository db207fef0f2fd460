use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use crate::algorithm::{Algorithm, Family};
use crate::crypto::Verifier;
use crate::testing::TestKey;

fn bytes(jwk: &Value, member: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(jwk[member].as_str().unwrap())
        .unwrap()
}

fn verifier(jwk: &Value) -> Verifier {
    let algorithm: Algorithm = jwk["alg"].as_str().unwrap().parse().unwrap();
    let made = match algorithm.family() {
        Family::Rsa => Verifier::rsa(algorithm, &bytes(jwk, "n"), &bytes(jwk, "e")),
        Family::Ec => Verifier::ec(
            algorithm,
            &[vec![4], bytes(jwk, "x"), bytes(jwk, "y")].concat(),
        ),
        Family::Ed => Verifier::ed25519(&bytes(jwk, "x")),
        Family::Hmac => Verifier::hmac(algorithm, &bytes(jwk, "k")),
    };
    made.unwrap()
}

#[test]
fn the_jwk_of_each_algorithm_verifies_its_signatures() {
    for algorithm in Algorithm::all() {
        let key = TestKey::generate(algorithm);
        let token = key.token().sign();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verifier = verifier(&key.jwk());
        assert!(
            verifier.verify(message.as_bytes(), &signature),
            "{algorithm}"
        );
        signature[10] ^= 1;
        assert!(
            !verifier.verify(message.as_bytes(), &signature),
            "{algorithm} accepts a wrong signature"
        );
    }
}

#[test]
fn the_parameters_of_jwks_have_the_length_of_the_standard() {
    for algorithm in Algorithm::all() {
        let jwk = TestKey::generate(algorithm).jwk();
        let (kty, lengths): (_, &[(&str, usize)]) = match algorithm {
            Algorithm::HS256 => ("oct", &[("k", 32)]),
            Algorithm::HS384 => ("oct", &[("k", 48)]),
            Algorithm::HS512 => ("oct", &[("k", 64)]),
            Algorithm::ES256 => ("EC", &[("x", 32), ("y", 32)]),
            Algorithm::ES384 => ("EC", &[("x", 48), ("y", 48)]),
            Algorithm::ES512 => ("EC", &[("x", 66), ("y", 66)]),
            Algorithm::Ed25519 => ("OKP", &[("x", 32)]),
            _ => ("RSA", &[("n", 256), ("e", 3)]),
        };
        assert_eq!(jwk["kty"], kty);
        assert_eq!(jwk["use"], "sig");
        for (member, length) in lengths {
            assert_eq!(bytes(&jwk, member).len(), *length, "{algorithm} {member}");
        }
    }
}

#[test]
fn public_keys_parse_as_pem() {
    for algorithm in Algorithm::all() {
        let key = TestKey::generate(algorithm);
        let parsed = match algorithm.family() {
            Family::Hmac => continue,
            Family::Rsa => DecodingKey::from_rsa_pem(key.pem().as_bytes()),
            Family::Ec => DecodingKey::from_ec_pem(key.pem().as_bytes()),
            Family::Ed => DecodingKey::from_ed_pem(key.pem().as_bytes()),
        };
        assert!(parsed.is_ok(), "{algorithm}");
    }
}

#[test]
#[should_panic(expected = "a shared secret (HS256) has no public key")]
fn pem_of_a_secret_panics() {
    let _ = TestKey::generate(Algorithm::HS256).pem();
}

#[test]
fn key_ids_are_unique_and_can_be_changed() {
    let (one, two) = (
        TestKey::generate(Algorithm::HS256),
        TestKey::generate(Algorithm::HS256),
    );
    assert_ne!(one.key_id(), two.key_id());
    let renamed = one.clone().with_key_id("mine");
    assert_eq!(renamed.jwk()["kid"], "mine");
    assert_eq!(renamed.secret(), one.secret());
    assert_ne!(two.secret(), one.secret());
}

#[test]
fn debug_output_shows_no_secret() {
    let key = TestKey::generate(Algorithm::HS256).with_key_id("mine");
    assert_eq!(
        format!("{key:?}"),
        r#"TestKey { key_id: "mine", algorithm: HS256, .. }"#
    );
}
