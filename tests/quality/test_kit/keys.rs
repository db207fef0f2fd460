use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Issuer, KeySet};

use crate::support::{AUDIENCE, ISSUER, algorithms, block_on};

fn bytes(jwk: &Value, member: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(jwk[member].as_str().unwrap())
        .unwrap()
}

/// Returns whether a resource server that trusts the key of this JWK accepts the token.
fn accepts(jwk: &Value, token: &str) -> bool {
    let keys = KeySet::from_json(&json!({"keys": [jwk]}).to_string()).unwrap();
    let algorithm = jwk["alg"].as_str().unwrap().parse();
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE).algorithms(algorithm);
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    block_on(authenticator.authenticate(token)).is_ok()
}

#[test]
fn the_jwk_of_each_algorithm_verifies_its_signatures() {
    for algorithm in algorithms() {
        let key = TestKey::generate(algorithm);
        let token = key.token().issuer(ISSUER).audience(AUDIENCE).sign();
        assert!(accepts(&key.jwk(), &token), "{algorithm}");
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        signature[10] ^= 1;
        let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert!(
            !accepts(&key.jwk(), &forged),
            "{algorithm} accepts a wrong signature"
        );
    }
}

#[test]
fn the_parameters_of_jwks_have_the_length_of_the_standard() {
    for algorithm in algorithms() {
        let jwk = TestKey::generate(algorithm).jwk();
        let (kty, lengths): (_, &[(&str, usize)]) = match algorithm {
            Algorithm::HS256 => ("oct", &[("k", 32)]),
            Algorithm::HS384 => ("oct", &[("k", 48)]),
            Algorithm::HS512 => ("oct", &[("k", 64)]),
            Algorithm::ES256 => ("EC", &[("x", 32), ("y", 32)]),
            Algorithm::ES384 => ("EC", &[("x", 48), ("y", 48)]),
            Algorithm::ES512 => ("EC", &[("x", 66), ("y", 66)]),
            Algorithm::Ed25519 => ("OKP", &[("x", 32)]),
            Algorithm::MlDsa44 => ("AKP", &[("pub", 1312)]),
            Algorithm::MlDsa65 => ("AKP", &[("pub", 1952)]),
            Algorithm::MlDsa87 => ("AKP", &[("pub", 2592)]),
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
    for algorithm in algorithms() {
        let key = TestKey::generate(algorithm);
        let parsed = match &algorithm.name()[..2] {
            // jsonwebtoken knows no ML-DSA.
            "HS" | "ML" => continue,
            "RS" | "PS" => DecodingKey::from_rsa_pem(key.pem().as_bytes()),
            "ES" => DecodingKey::from_ec_pem(key.pem().as_bytes()),
            _ => DecodingKey::from_ed_pem(key.pem().as_bytes()),
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
