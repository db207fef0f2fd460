//! Signatures by aws-lc-rs, and its verification alone, with a parsed key.

use aws_lc_rs::encoding::{AsBigEndian as _, EcPublicKeyUncompressedBin};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, KeyPair as _, ParsedPublicKey, PqdsaKeyPair, RsaKeyPair,
};
use aws_lc_rs::{hmac, rand};
use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;

use crate::base64url;

const RSA_MODULUS: usize = 256;

/// Verifies the signature of a message. Panics if it is invalid.
pub(crate) type Verify = Box<dyn Fn(&[u8], &[u8])>;

/// A generated key for one algorithm.
pub(crate) enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    MlDsa65(Box<PqdsaKeyPair>),
    Secret(Vec<u8>),
}

impl Signer {
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            Algorithm::ES256 => Self::Ec(
                EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ),
            Algorithm::MlDsa65 => {
                let pair = PqdsaKeyPair::generate(&signature::ML_DSA_65_SIGNING).unwrap();
                Self::MlDsa65(Box::new(pair))
            }
            Algorithm::HS256 => {
                let mut secret = vec![0; 32];
                rand::fill(&mut secret).unwrap();
                Self::Secret(secret)
            }
            other => panic!("{other} is not compared"),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = rand::SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &signature::RSA_PKCS1_SHA256,
                    &random,
                    message,
                    &mut signature,
                )
                .unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::MlDsa65(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                pair.sign(message, &mut signature).unwrap();
                signature
            }
            Self::Secret(secret) => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message)
                .as_ref()
                .to_vec(),
        }
    }

    /// Returns the JWK members that depend on the key type (RFC 7518 §6).
    pub(crate) fn jwk(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                json!({"kty": "RSA", "n": base64url(rsa_modulus(pair.public_key().as_ref())), "e": "AQAB"})
            }
            Self::Ec(pair) => {
                let point: EcPublicKeyUncompressedBin<'_> =
                    pair.public_key().as_be_bytes().unwrap();
                // 04 ‖ x ‖ y
                let (x, y) = point.as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
            Self::MlDsa65(pair) => {
                json!({"kty": "AKP", "pub": base64url(pair.public_key().as_ref())})
            }
            Self::Secret(secret) => json!({"kty": "oct", "k": base64url(secret)}),
        }
    }

    /// Returns the verification alone.
    pub(crate) fn verifier(&self) -> Verify {
        match self {
            Self::Rsa(pair) => parsed(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                pair.public_key().as_ref(),
            ),
            Self::Ec(pair) => parsed(
                &signature::ECDSA_P256_SHA256_FIXED,
                pair.public_key().as_ref(),
            ),
            Self::MlDsa65(pair) => parsed(&signature::ML_DSA_65, pair.public_key().as_ref()),
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                Box::new(move |message, signature| hmac::verify(&key, message, signature).unwrap())
            }
        }
    }
}

fn parsed(algorithm: &'static dyn signature::VerificationAlgorithm, key: &[u8]) -> Verify {
    let key = ParsedPublicKey::new(algorithm, key).unwrap();
    Box::new(move |message, signature| key.verify_sig(message, signature).unwrap())
}

/// Returns the modulus of a PKCS#1 `RSAPublicKey`. With 2048 bits and e = 65537, it is the 256
/// bytes before the five bytes of the exponent.
fn rsa_modulus(pkcs1: &[u8]) -> &[u8] {
    let before = pkcs1.strip_suffix(&[2, 3, 1, 0, 1]).unwrap();
    &before[before.len() - RSA_MODULUS..]
}
