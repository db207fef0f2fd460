//! Signatures of the test kit, by aws-lc-rs.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "for tests only, where each of these would be a bug of the kit"
)]

use aws_lc_rs::encoding::{AsBigEndian, EcPublicKeyUncompressedBin};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rand};

use crate::algorithm::{Algorithm, Family};
use crate::testing::PublicParts;

const RSA_MODULUS_LEN: usize = 256;
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// A key pair or secret, pinned to one algorithm.
pub(crate) struct Signer {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    MlDsa(Box<PqdsaKeyPair>),
    Secret(Vec<u8>),
}

impl Signer {
    /// Generates a key. RSA keys have 2048 bits. Secrets are as long as the hash (RFC 7518 §3.2,
    /// §3.3).
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        let key = match algorithm.family() {
            Family::Rsa => RsaKeyPair::generate(KeySize::Rsa2048).map(Key::Rsa),
            Family::Ec => EcdsaKeyPair::generate(ec_algorithm(algorithm)).map(Key::Ec),
            Family::Ed => Ed25519KeyPair::generate().map(Key::Ed),
            Family::MlDsa => PqdsaKeyPair::generate(ml_dsa_algorithm(algorithm))
                .map(|pair| Key::MlDsa(Box::new(pair))),
            Family::Hmac => {
                let mut secret = vec![0; hmac_algorithm(algorithm).tag_len()];
                rand::fill(&mut secret).map(|()| Key::Secret(secret))
            }
        };
        Self {
            algorithm,
            key: key.expect("the random source works"),
        }
    }

    /// Returns an HMAC key with this secret, of any length.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Self {
        let _ = hmac_algorithm(algorithm);
        Self {
            algorithm,
            key: Key::Secret(secret.to_vec()),
        }
    }

    /// Returns the signature in its JWS form (ECDSA: r ‖ s, RFC 7518 §3.4), not encoded.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = rand::SystemRandom::new();
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(
                    rsa_padding(self.algorithm),
                    &random,
                    message,
                    &mut signature,
                );
                signed.expect("the buffer is as long as the modulus");
                signature
            }
            Key::Ec(pair) => pair
                .sign(&random, message)
                .expect("a generated key signs")
                .as_ref()
                .to_vec(),
            Key::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Key::MlDsa(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                let signed = pair.sign(message, &mut signature);
                signed.expect("the buffer is as long as the signature");
                signature
            }
            Key::Secret(secret) => {
                let key = hmac::Key::new(hmac_algorithm(self.algorithm), secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
        }
    }

    /// Returns the parameters of the JWK.
    pub(crate) fn public(&self) -> PublicParts {
        match &self.key {
            Key::Rsa(pair) => PublicParts::Rsa {
                n: rsa_modulus(pair.public_key().as_ref()),
                e: RSA_EXPONENT.to_vec(),
            },
            Key::Ec(pair) => {
                let point: EcPublicKeyUncompressedBin<'_> = pair
                    .public_key()
                    .as_be_bytes()
                    .expect("a generated key has a public point");
                // An uncompressed point, 04 ‖ x ‖ y, whose coordinates are padded to the field's
                // size (RFC 7518 §6.2.1.2).
                let coordinates = &point.as_ref()[1..];
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                PublicParts::Ec {
                    x: x.to_vec(),
                    y: y.to_vec(),
                }
            }
            Key::Ed(pair) => PublicParts::Ed {
                x: pair.public_key().as_ref().to_vec(),
            },
            Key::MlDsa(pair) => PublicParts::MlDsa {
                public: pair.public_key().as_ref().to_vec(),
            },
            Key::Secret(secret) => PublicParts::Secret(secret.clone()),
        }
    }
}

/// Returns the modulus of a PKCS#1 `RSAPublicKey` (RFC 8017 §A.1.1). With 2048 bits and e = 65537,
/// it is always the 256 bytes before the five of the exponent.
fn rsa_modulus(pkcs1: &[u8]) -> Vec<u8> {
    let before = pkcs1
        .strip_suffix(&[2, 3, 1, 0, 1])
        .expect("aws-lc generates keys with e = 65537");
    before[before.len() - RSA_MODULUS_LEN..].to_vec()
}

fn rsa_padding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        other => unreachable!("{other} is not an RSA algorithm"),
    }
}

fn ec_algorithm(algorithm: Algorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        other => unreachable!("{other} is not an ECDSA algorithm"),
    }
}

fn ml_dsa_algorithm(algorithm: Algorithm) -> &'static PqdsaSigningAlgorithm {
    match algorithm {
        Algorithm::MlDsa44 => &signature::ML_DSA_44_SIGNING,
        Algorithm::MlDsa65 => &signature::ML_DSA_65_SIGNING,
        Algorithm::MlDsa87 => &signature::ML_DSA_87_SIGNING,
        other => unreachable!("{other} is not ML-DSA"),
    }
}

fn hmac_algorithm(algorithm: Algorithm) -> hmac::Algorithm {
    match algorithm {
        Algorithm::HS256 => hmac::HMAC_SHA256,
        Algorithm::HS384 => hmac::HMAC_SHA384,
        Algorithm::HS512 => hmac::HMAC_SHA512,
        other => unreachable!("{other} is not an HMAC algorithm"),
    }
}
