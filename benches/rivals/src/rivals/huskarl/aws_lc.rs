//! An implementation of huskarl's signature trait by aws-lc-rs, with keys parsed once.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use huskarl_resource_server::core::crypto::KeyMatchStrength;
use huskarl_resource_server::core::crypto::verifier::{
    CreateVerifierError, JwsVerifier, JwsVerifierPlatform, KeyMatch, VerifyError,
};
use huskarl_resource_server::core::jwk::{PublicJwk, PublicKey};
use huskarl_resource_server::core::platform::MaybeSendBoxFuture;

#[derive(Debug)]
pub(super) struct Platform;

impl JwsVerifierPlatform for Platform {
    fn create_verifier_from_jwk(
        &self,
        jwk: PublicJwk,
    ) -> MaybeSendBoxFuture<'static, Result<Arc<dyn JwsVerifier>, CreateVerifierError>> {
        Box::pin(async { Ok(Arc::new(Verifier::new(jwk)) as Arc<dyn JwsVerifier>) })
    }

    fn supported_signature_algorithms(&self) -> &[&str] {
        &["RS256", "ES256"]
    }
}

#[derive(Debug)]
struct Verifier {
    key: ParsedPublicKey,
    algorithm: &'static str,
    key_id: Option<String>,
}

impl Verifier {
    fn new(jwk: PublicJwk) -> Self {
        let (key, algorithm) = match jwk.key {
            PublicKey::Rsa(key) => {
                let key: PublicKeyX509Der<'_> = RsaPublicKeyComponents { n: key.n, e: key.e }
                    .as_der()
                    .unwrap();
                (
                    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()),
                    "RS256",
                )
            }
            PublicKey::Ec(key) => {
                let point = [&[4], &key.x[..], &key.y[..]].concat();
                (
                    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
                    "ES256",
                )
            }
            _ => panic!("this kind of key is not compared"),
        };
        Self {
            key: key.unwrap(),
            algorithm,
            key_id: jwk.kid,
        }
    }
}

impl JwsVerifier for Verifier {
    fn key_match(&self, key_match: &KeyMatch<'_>) -> Option<KeyMatchStrength> {
        key_match.strength_for(&[self.algorithm], self.key_id.as_deref())
    }

    fn verify<'a>(
        &'a self,
        input: &'a [u8],
        signature: &'a [u8],
        key_match: &'a KeyMatch<'a>,
    ) -> MaybeSendBoxFuture<'a, Result<(), VerifyError>> {
        Box::pin(async move {
            if self.key_match(key_match).is_none() {
                return Err(VerifyError::NoMatchingKey);
            }
            self.key
                .verify_sig(input, signature)
                .map_err(|_| VerifyError::SignatureMismatch)
        })
    }
}
