//! The signature backend on aws-lc-rs.

use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, ParsedPublicKey, PqdsaVerificationAlgorithm, RsaParameters,
    RsaPublicKeyComponents,
};
use aws_lc_rs::{digest, hmac, rand};

use crate::algorithm::Algorithm;
use crate::crypto::{KeyRejected, RandomSourceFailed};

/// One key, parsed for one algorithm.
pub(crate) struct Verifier(Inner);

enum Inner {
    /// A public key, and the hash of algorithms that sign a digest: computing it separately saves
    /// about 1 % of a verification.
    Public(ParsedPublicKey, Option<&'static digest::Algorithm>),
    Secret(Box<hmac::Key>),
}

impl Verifier {
    /// Whether it verifies ML-DSA.
    pub(crate) const HAS_ML_DSA: bool = true;

    /// Parses an RSA key: modulus and exponent, big-endian.
    pub(crate) fn rsa(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyRejected> {
        let components = RsaPublicKeyComponents { n, e };
        let parsed = components.to_parsed_public_key(rsa_parameters(algorithm)?);
        Self::public(algorithm, parsed)
    }

    /// Parses an EC key: the uncompressed point, `04 ‖ x ‖ y`. Rejects a point that is not on the
    /// curve.
    pub(crate) fn ec(algorithm: Algorithm, point: &[u8]) -> Result<Self, KeyRejected> {
        Self::public(
            algorithm,
            ParsedPublicKey::new(ec_parameters(algorithm)?, point),
        )
    }

    /// Parses an Ed25519 key: 32 bytes.
    pub(crate) fn ed25519(public: &[u8]) -> Result<Self, KeyRejected> {
        Self::public(
            Algorithm::Ed25519,
            ParsedPublicKey::new(&signature::ED25519, public),
        )
    }

    /// Parses an ML-DSA key of the length that its algorithm requires. Any other could be taken for
    /// a `SubjectPublicKeyInfo`.
    pub(crate) fn ml_dsa(algorithm: Algorithm, public: &[u8]) -> Result<Self, KeyRejected> {
        Self::public(
            algorithm,
            ParsedPublicKey::new(ml_dsa_parameters(algorithm)?, public),
        )
    }

    /// Returns the HMAC key of a secret.
    pub(crate) fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyRejected> {
        let algorithm = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return Err(KeyRejected),
        };
        Ok(Self(Inner::Secret(Box::new(hmac::Key::new(
            algorithm, secret,
        )))))
    }

    fn public<E>(
        algorithm: Algorithm,
        parsed: Result<ParsedPublicKey, E>,
    ) -> Result<Self, KeyRejected> {
        let key = parsed.map_err(|_| KeyRejected)?;
        // In a FIPS build, digest and signature must be computed by one operation of the module.
        let is_fips = aws_lc_rs::try_fips_mode().is_ok();
        let digest = digest_of(algorithm).filter(|_| !is_fips);
        Ok(Self(Inner::Public(key, digest)))
    }

    /// Returns whether this key made `signature`, a decoded JWS signature, over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Inner::Public(key, None) => key.verify_sig(message, signature).is_ok(),
            Inner::Public(key, Some(algorithm)) => key
                .verify_digest_sig(&digest::digest(algorithm, message), signature)
                .is_ok(),
            // `verify` compares in constant time.
            Inner::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), RandomSourceFailed> {
    rand::fill(bytes).map_err(|_| RandomSourceFailed)
}

/// Returns the SHA-256 of a message that is given in parts.
pub(crate) fn sha256(message: &[&[u8]]) -> [u8; 32] {
    let digest = if let [whole] = message {
        digest::digest(&digest::SHA256, whole)
    } else {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in message {
            context.update(part);
        }
        context.finish()
    };
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    bytes
}

/// Returns the HMAC-SHA-256 of a message that is given in parts.
pub(crate) fn hmac_sha256(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in message {
        context.update(part);
    }
    let mut tag = [0; 32];
    for (to, from) in tag.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    tag
}

fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, KeyRejected> {
    Ok(match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return Err(KeyRejected),
    })
}

fn ec_parameters(algorithm: Algorithm) -> Result<&'static EcdsaVerificationAlgorithm, KeyRejected> {
    Ok(match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED,
        _ => return Err(KeyRejected),
    })
}

/// Returns the parameters, with an empty context (RFC 9964 §5).
fn ml_dsa_parameters(
    algorithm: Algorithm,
) -> Result<&'static PqdsaVerificationAlgorithm, KeyRejected> {
    Ok(match algorithm {
        Algorithm::MlDsa44 => &signature::ML_DSA_44,
        Algorithm::MlDsa65 => &signature::ML_DSA_65,
        Algorithm::MlDsa87 => &signature::ML_DSA_87,
        _ => return Err(KeyRejected),
    })
}

/// Returns the hash whose digest the algorithm signs. `None` for Ed25519 and ML-DSA, which sign the
/// message.
const fn digest_of(algorithm: Algorithm) -> Option<&'static digest::Algorithm> {
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Some(&digest::SHA256),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Some(&digest::SHA384),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::ES512 => Some(&digest::SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _, RsaKeyPair};

    use super::*;

    const MESSAGE: &[u8] = b"header.payload";

    /// Checks a signature with the digest computed separately, and without, as in a FIPS build.
    fn assert_agree(verifier: Verifier, signature: &[u8]) {
        let check = |verifier: &Verifier| {
            assert!(verifier.verify(MESSAGE, signature));
            assert!(!verifier.verify(b"header.payloae", signature));
            assert!(!verifier.verify(MESSAGE, &signature[1..]));
        };
        check(&verifier);
        let Inner::Public(key, digest) = verifier.0 else {
            panic!("the key is a secret")
        };
        let is_fips = aws_lc_rs::try_fips_mode().is_ok();
        assert_ne!(
            digest.is_some(),
            is_fips,
            "the digest is computed separately"
        );
        check(&Verifier(Inner::Public(key, None)));
    }

    #[test]
    fn computing_the_digest_separately_does_not_change_the_outcome() {
        let random = SystemRandom::new();
        let ec = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let signed = ec.sign(&random, MESSAGE).unwrap();
        assert_agree(
            Verifier::ec(Algorithm::ES256, ec.public_key().as_ref()).unwrap(),
            signed.as_ref(),
        );

        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = rsa.public_key().as_der().unwrap();
        let paddings: [(_, &dyn signature::RsaEncoding, _); 2] = [
            (
                Algorithm::RS256,
                &signature::RSA_PKCS1_SHA256,
                &signature::RSA_PKCS1_2048_8192_SHA256,
            ),
            (
                Algorithm::PS256,
                &signature::RSA_PSS_SHA256,
                &signature::RSA_PSS_2048_8192_SHA256,
            ),
        ];
        for (algorithm, padding, parameters) in paddings {
            let mut signed = vec![0; rsa.public_modulus_len()];
            rsa.sign(padding, &random, MESSAGE, &mut signed).unwrap();
            let key = ParsedPublicKey::new(parameters, public.as_ref());
            assert_agree(Verifier::public(algorithm, key).unwrap(), &signed);
        }
    }
}
