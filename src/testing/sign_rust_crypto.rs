//! Signatures of the test kit, by the `RustCrypto` crates.
#![allow(
    clippy::expect_used,
    clippy::unreachable,
    reason = "for tests only: keys fit their algorithms, and the random source must work"
)]

use ed25519_dalek::SECRET_KEY_LENGTH;
use hmac::{Hmac, KeyInit, Mac};
use rsa::Generate;
use rsa::signature::digest::common::getrandom::{self, SysRng};
use rsa::signature::{self, SignatureEncoding};
use rsa::traits::PublicKeyParts;
use sha2::{Sha256, Sha384, Sha512};

use crate::algorithm::Algorithm;
use crate::ml_dsa_signing::MlDsaSigner;
use crate::testing::PublicParts;

/// A key pair or secret, pinned to one algorithm.
pub(crate) struct Signer(Key);

enum Key {
    Rsa(Box<rsa::PrivateKey>, RsaSign),
    Es256(p256::ecdsa::SigningKey),
    Es384(p384::ecdsa::SigningKey),
    Es512(p521::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    MlDsa(Box<MlDsaSigner>),
    Secret(Vec<u8>, Tag),
}

/// Padding and hash of an RSA algorithm. Takes the key and the message.
type RsaSign = fn(&rsa::PrivateKey, &[u8]) -> rsa::Result<Vec<u8>>;

/// An HMAC. Takes the secret and the message.
type Tag = fn(&[u8], &[u8]) -> Vec<u8>;

impl Signer {
    /// Generates a key. RSA keys have 2048 bits. Secrets are as long as the hash (RFC 7518 §3.2,
    /// §3.3).
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::HS256 => return Self::from_secret(algorithm, &random::<32>()),
            Algorithm::HS384 => return Self::from_secret(algorithm, &random::<48>()),
            Algorithm::HS512 => return Self::from_secret(algorithm, &random::<64>()),
            Algorithm::RS256 => rsa(rsa::PrivateKey::pkcs1v15_sign::<Sha256>),
            Algorithm::RS384 => rsa(rsa::PrivateKey::pkcs1v15_sign::<Sha384>),
            Algorithm::RS512 => rsa(rsa::PrivateKey::pkcs1v15_sign::<Sha512>),
            // The salt is as long as the hash (RFC 7518 §3.5).
            Algorithm::PS256 => rsa(rsa::PrivateKey::pss_sign::<Sha256>),
            Algorithm::PS384 => rsa(rsa::PrivateKey::pss_sign::<Sha384>),
            Algorithm::PS512 => rsa(rsa::PrivateKey::pss_sign::<Sha512>),
            Algorithm::ES256 => Key::Es256(Generate::generate()),
            Algorithm::ES384 => Key::Es384(Generate::generate()),
            Algorithm::ES512 => Key::Es512(Generate::generate()),
            Algorithm::Ed25519 => Key::Ed25519(ed25519_dalek::SigningKey::from_bytes(&random::<
                SECRET_KEY_LENGTH,
            >(
            ))),
            Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => {
                Key::MlDsa(Box::new(MlDsaSigner::from_seed(algorithm, random())))
            }
        })
    }

    /// Returns an HMAC key with this secret, of any length.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Self {
        let tag = match algorithm {
            Algorithm::HS256 => tag::<Hmac<Sha256>>,
            Algorithm::HS384 => tag::<Hmac<Sha384>>,
            Algorithm::HS512 => tag::<Hmac<Sha512>>,
            other => unreachable!("{other} is not an HMAC algorithm"),
        };
        Self(Key::Secret(secret.to_vec(), tag))
    }

    /// Returns the signature in its JWS form (ECDSA: r ‖ s, RFC 7518 §3.4), not encoded.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Key::Rsa(key, sign) => {
                sign(key, message).expect("2048 bits are enough for every padding")
            }
            Key::Es256(key) => fixed::<p256::ecdsa::Signature>(key, message),
            Key::Es384(key) => fixed::<p384::ecdsa::Signature>(key, message),
            Key::Es512(key) => fixed::<p521::ecdsa::Signature>(key, message),
            Key::Ed25519(key) => fixed::<ed25519_dalek::Signature>(key, message),
            Key::MlDsa(key) => key.sign(message),
            Key::Secret(secret, tag) => tag(secret, message),
        }
    }

    /// Returns the parameters of the JWK.
    pub(crate) fn public(&self) -> PublicParts {
        match &self.0 {
            Key::Rsa(key, _) => PublicParts::Rsa {
                n: key.n_bytes().into(),
                e: key.e_bytes().into(),
            },
            Key::Es256(key) => point(key.verifying_key().to_sec1_point(false).as_bytes()),
            Key::Es384(key) => point(key.verifying_key().to_sec1_point(false).as_bytes()),
            Key::Es512(key) => point(key.verifying_key().to_sec1_point(false).as_bytes()),
            Key::Ed25519(key) => PublicParts::Ed {
                x: key.verifying_key().to_bytes().to_vec(),
            },
            Key::MlDsa(key) => PublicParts::MlDsa {
                public: key.public(),
            },
            Key::Secret(secret, _) => PublicParts::Secret(secret.clone()),
        }
    }
}

/// Generates an RSA key with e = 65537.
fn rsa(sign: RsaSign) -> Key {
    let key = rsa::PrivateKey::new(&mut SysRng, 2048).expect("the random source works");
    Key::Rsa(Box::new(key), sign)
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the random source works");
    bytes
}

fn tag<M: Mac + KeyInit>(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes secrets of any length");
    key.chain_update(message).finalize().into_bytes().to_vec()
}

/// Returns the signature in the length that its algorithm has.
pub(crate) fn fixed<S: SignatureEncoding>(
    key: &impl signature::Signer<S>,
    message: &[u8],
) -> Vec<u8> {
    key.sign(message).to_bytes().as_ref().to_vec()
}

/// Splits an uncompressed point, 04 ‖ x ‖ y, whose coordinates are padded to the field's size (RFC
/// 7518 §6.2.1.2).
fn point(uncompressed: &[u8]) -> PublicParts {
    let (_, coordinates) = uncompressed.split_first().expect("a point is not empty");
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    PublicParts::Ec {
        x: x.to_vec(),
        y: y.to_vec(),
    }
}
