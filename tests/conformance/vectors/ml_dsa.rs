//! The vectors of ML-DSA (RFC 9964, appendix A): their keys are used, their signatures verify, and no
//! change of them does.

use aws_lc_rs::signature::{self, PqdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Dpop, Key, KeySet};

use crate::support::{ask, block_on, dpop, ml_dsa};

pub(crate) const FILES: [&str; 3] = [
    "ml-dsa/ML_DSA_44.jose.json",
    "ml-dsa/ML_DSA_65.jose.json",
    "ml-dsa/ML_DSA_87.jose.json",
];

struct Vector {
    algorithm: Algorithm,
    jwk: Value,
    seed: Vec<u8>,
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
        let seed = jwk.as_object_mut().unwrap().remove("priv").unwrap();
        let jws = example["jws"].as_str().unwrap();
        let (signing_input, signature) = jws.rsplit_once('.').unwrap();
        Vector {
            algorithm: jwk["alg"].as_str().unwrap().parse().unwrap(),
            signing_input: signing_input.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
            seed: URL_SAFE_NO_PAD.decode(seed.as_str().unwrap()).unwrap(),
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

/// Returns a proof of a vector's key for a request with this token (RFC 9449 §4.2).
fn proof(vector: &Vector, token: &str) -> String {
    let of_another_key = dpop::proof(token).sign();
    let payload = of_another_key.split('.').nth(1).unwrap();
    let header = json!({"typ": "dpop+jwt", "alg": vector.algorithm.name(), "jwk": vector.jwk});
    let signing_input = format!("{}.{payload}", encode(header.to_string()));
    let algorithm = match vector.algorithm {
        Algorithm::MlDsa44 => &signature::ML_DSA_44_SIGNING,
        Algorithm::MlDsa65 => &signature::ML_DSA_65_SIGNING,
        _ => &signature::ML_DSA_87_SIGNING,
    };
    let pair = PqdsaKeyPair::from_seed(algorithm, &vector.seed).unwrap();
    let mut signature = vec![0; algorithm.signature_len()];
    pair.sign(signing_input.as_bytes(), &mut signature).unwrap();
    format!("{signing_input}.{}", encode(signature))
}

// RFC 9964 §6: a token is bound to the thumbprint of a key.
#[test]
fn a_proof_of_a_key_of_the_vectors_is_accepted_for_a_token_that_is_bound_to_its_key_id() {
    let layer = dpop::layer_with(Dpop::required().algorithms(ml_dsa().chain([Algorithm::ES256])));
    for vector in vectors() {
        let name = vector.algorithm.name();
        let bound = dpop::bound_by(json!({"jkt": vector.jwk["kid"]}));
        let request = dpop::presented(&bound, &proof(&vector, &bound));
        block_on(ask(&layer, request)).named(name).accepted();
        let elsewhere = dpop::bound();
        let request = dpop::presented(&elsewhere, &proof(&vector, &elsewhere));
        dpop::expect(&layer, &request, &dpop::UNPROVEN, name);
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
