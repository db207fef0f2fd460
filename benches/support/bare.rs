//! The signature check alone: the lower bound for every layer.

use std::hint::black_box;

use aws_lc_rs::{hmac, signature};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

type Check = Box<dyn Fn(&[u8], &[u8]) + Send>;

/// Returns aws-lc-rs's own verification of the token, with a parsed key and decoded bytes.
pub(crate) fn bare_check(key: &TestKey, token: &str) -> impl FnMut() + Send + use<> {
    let (message, encoded) = token.rsplit_once('.').unwrap();
    let message = message.as_bytes().to_vec();
    let signature = base64url(encoded);
    let check: Check = if let Some(secret) = key.secret() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Box::new(move |message, signature| hmac::verify(&key, message, signature).unwrap())
    } else {
        let algorithm: &'static dyn signature::VerificationAlgorithm = match key.algorithm() {
            Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::MlDsa44 => &signature::ML_DSA_44,
            Algorithm::MlDsa65 => &signature::ML_DSA_65,
            Algorithm::MlDsa87 => &signature::ML_DSA_87,
            _ => &signature::ED25519,
        };
        let parsed = signature::ParsedPublicKey::new(algorithm, public(key)).unwrap();
        Box::new(move |message, signature| parsed.verify_sig(message, signature).unwrap())
    };
    move || check(black_box(&message), black_box(&signature))
}

/// Returns the public key in the form that aws-lc-rs takes: a `SubjectPublicKeyInfo`, or for
/// Ed25519 its 32 bytes.
fn public(key: &TestKey) -> Vec<u8> {
    let der = key.der();
    if key.algorithm() == Algorithm::Ed25519 {
        der[der.len() - 32..].to_vec()
    } else {
        der
    }
}

fn base64url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}
