//! An RSA key of 4096 bits, which the test kit does not generate.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use super::support::tokens::token;

/// Returns the public key as PEM, and a token with the usual claims that its private key signed.
pub(crate) fn signed() -> (String, String) {
    let pair = RsaKeyPair::generate(KeySize::Rsa4096).unwrap();
    let other = token(&TestKey::generate(Algorithm::RS256));
    let (message, _) = other.rsplit_once('.').unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    (
        pem,
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)),
    )
}
