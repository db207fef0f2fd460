//! The vectors of ML-DSA (RFC 9964, appendix A): their keys are used, their signatures verify, and no
//! change of them does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key, KeySet};

pub(crate) const FILES: [&str; 3] = [
    "ml-dsa/ML_DSA_44.jose.json",
    "ml-dsa/ML_DSA_65.jose.json",
    "ml-dsa/ML_DSA_87.jose.json",
];

struct Vector {
    algorithm: Algorithm,
    jwk: Value,
    signing_input: String,
    signature: Vec<u8>,
}

impl Vector {
    fn keys(&self) -> KeySet {
        Key::from_jwk(&self.jwk.to_string()).unwrap().into()
    }

    /// Returns whether the key verifies this signature in place of the vector's.
    fn verifies(&self, signature: &[u8]) -> bool {
        is_signed(
            &format!("{}.{}", self.signing_input, encode(signature)),
            &self.keys(),
        )
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the vectors that this build verifies, with public keys.
fn vectors() -> Vec<Vector> {
    let examples = FILES.into_iter().filter_map(crate::vectors::read);
    let vectors = examples.map(|example| {
        let mut jwk = example["jwk"].clone();
        jwk.as_object_mut().unwrap().remove("priv").unwrap();
        let jws = example["jws"].as_str().unwrap();
        let (signing_input, signature) = jws.rsplit_once('.').unwrap();
        Vector {
            algorithm: jwk["alg"].as_str().unwrap().parse().unwrap(),
            signing_input: signing_input.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
            jwk,
        }
    });
    vectors
        .filter(|vector| vector.algorithm.is_supported())
        .collect()
}

#[test]
fn the_signatures_of_the_vectors_verify_with_their_keys() {
    for vector in vectors() {
        assert!(vector.verifies(&vector.signature), "{}", vector.algorithm);
        assert_eq!(vector.keys().algorithms(), vector.algorithm.into());
    }
}

#[test]
fn the_key_ids_of_the_vectors_are_thumbprints() {
    for vector in vectors() {
        let jwk = &vector.jwk;
        // RFC 9964 §6.
        let canonical = format!(
            r#"{{"alg":{},"kty":{},"pub":{}}}"#,
            jwk["alg"], jwk["kty"], jwk["pub"]
        );
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        assert_eq!(jwk["kid"], encode(hash), "{}", vector.algorithm);
    }
}

#[test]
fn no_flipped_bit_of_a_signature_of_the_vectors_verifies() {
    for vector in vectors() {
        for byte in (0..vector.signature.len()).step_by(97) {
            let mut flipped = vector.signature.clone();
            flipped[byte] ^= 1 << (byte % 8);
            assert!(
                !vector.verifies(&flipped),
                "{}: byte {byte}",
                vector.algorithm
            );
        }
    }
}

#[test]
fn no_signature_of_another_length_verifies() {
    for vector in vectors() {
        let signature = &vector.signature;
        for other in [
            &signature[..signature.len() - 1],
            &signature[1..],
            &[signature, &[0][..]].concat(),
            &[&[0], &signature[..]].concat(),
            &[],
        ] {
            assert!(!vector.verifies(other), "{}", vector.algorithm);
        }
    }
}

#[test]
fn no_changed_text_verifies() {
    for vector in vectors() {
        let (header, payload) = vector.signing_input.split_once('.').unwrap();
        let signature = encode(&vector.signature);
        for changed in [
            format!("{header}.{payload}A.{signature}"),
            format!("{header}.{}.{signature}", &payload[1..]),
            format!("{header}.{}.{signature}", payload.to_lowercase()),
        ] {
            assert!(!is_signed(&changed, &vector.keys()), "{}", vector.algorithm);
        }
    }
}

#[test]
fn the_keys_of_the_vectors_verify_no_other_algorithm() {
    for vector in vectors() {
        for other in ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "EdDSA", "ES256"] {
            let is_own = other == vector.algorithm.name();
            // As the algorithm of the key: the length of the key does not fit.
            let mut jwk = vector.jwk.clone();
            jwk["alg"] = json!(other);
            let key = Key::from_jwk(&jwk.to_string());
            assert_eq!(key.is_ok(), is_own, "{} as {other}", vector.algorithm);
            // As that of the token: the key is not a candidate.
            let (_, payload) = vector.signing_input.split_once('.').unwrap();
            let header = encode(format!(r#"{{"alg":"{other}"}}"#));
            let renamed = format!("{header}.{payload}.{}", encode(&vector.signature));
            assert!(!is_signed(&renamed, &vector.keys()), "{other}");
        }
    }
}

#[test]
fn the_private_keys_of_the_vectors_are_rejected() {
    for file in FILES {
        let Some(example) = crate::vectors::read(file) else {
            return;
        };
        let error = Key::from_jwk(&example["jwk"].to_string()).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableKey, "{file}");
        assert!(error.to_string().contains("is a private key"), "{error}");
    }
}
