//! The signature backend on the `RustCrypto` crates, which needs no C compiler.

use hmac::{Hmac, KeyInit, Mac};
use rsa::BoxedUint;
use rsa::signature::{self, SignatureEncoding};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroize as _;

use crate::algorithm::Algorithm;
use crate::crypto::{KeyRejected, RandomSourceFailed};
use crate::ml_dsa::MlDsaKey;

/// One key, parsed for one algorithm.
pub(crate) struct Verifier(Inner);

enum Inner {
    Rsa(rsa::PublicKey, RsaCheck),
    Es256(p256::ecdsa::VerifyingKey),
    Es384(p384::ecdsa::VerifyingKey),
    Es512(p521::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    MlDsa(MlDsaKey),
    Hs256(Hmac<Sha256>),
    Hs384(Hmac<Sha384>),
    Hs512(Hmac<Sha512>),
}

/// Verifies with the padding and the hash of an RSA algorithm. Takes key, message and signature.
type RsaCheck = fn(&rsa::PublicKey, &[u8], &[u8]) -> rsa::Result<()>;

const RSA_MIN_BITS: usize = 2048;
const RSA_MAX_BITS: usize = 8192;

impl Verifier {
    /// Whether it verifies ML-DSA.
    pub(crate) const HAS_ML_DSA: bool = MlDsaKey::IS_AVAILABLE;

    /// Parses an RSA key: modulus and exponent, big-endian.
    pub(crate) fn rsa(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyRejected> {
        let check = rsa_check(algorithm)?;
        // Rejects even numbers, e < 3, and e of more than 33 bits.
        let key =
            rsa::PublicKey::new_with_size_limits(uint(n)?, uint(e)?, RSA_MIN_BITS..=RSA_MAX_BITS);
        Ok(Self(Inner::Rsa(key.map_err(|_| KeyRejected)?, check)))
    }

    /// Parses an EC key: the uncompressed point, `04 ‖ x ‖ y`. Rejects a point that is not on the
    /// curve.
    pub(crate) fn ec(algorithm: Algorithm, point: &[u8]) -> Result<Self, KeyRejected> {
        // SEC 1 also has compressed forms, which a JWK can't contain (RFC 7518 §6.2.1).
        if point.first() != Some(&4) {
            return Err(KeyRejected);
        }
        let parsed = match algorithm {
            Algorithm::ES256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Inner::Es256),
            Algorithm::ES384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Inner::Es384),
            Algorithm::ES512 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Inner::Es512),
            _ => return Err(KeyRejected),
        };
        parsed.map(Self).map_err(|_| KeyRejected)
    }

    /// Parses an Ed25519 key: 32 bytes.
    pub(crate) fn ed25519(public: &[u8]) -> Result<Self, KeyRejected> {
        let public = public.try_into().map_err(|_| KeyRejected)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| KeyRejected)?;
        // `from_bytes` accepts keys of small order, for which signatures can be forged, and the
        // encodings that RFC 8032 §5.1.3 rejects: y ≥ p, and x = 0 with a sign.
        if key.is_weak() || key.to_edwards().compress().as_bytes() != public {
            return Err(KeyRejected);
        }
        Ok(Self(Inner::Ed25519(key)))
    }

    /// Parses an ML-DSA key of the length that its algorithm requires.
    pub(crate) fn ml_dsa(algorithm: Algorithm, public: &[u8]) -> Result<Self, KeyRejected> {
        MlDsaKey::parse(algorithm, public).map(|key| Self(Inner::MlDsa(key)))
    }

    /// Returns the HMAC key of a secret.
    pub(crate) fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyRejected> {
        let key = match algorithm {
            Algorithm::HS256 => Hmac::new_from_slice(secret).map(Inner::Hs256),
            Algorithm::HS384 => Hmac::new_from_slice(secret).map(Inner::Hs384),
            Algorithm::HS512 => Hmac::new_from_slice(secret).map(Inner::Hs512),
            _ => return Err(KeyRejected),
        };
        key.map(Self).map_err(|_| KeyRejected)
    }

    /// Returns whether this key made `signature`, a decoded JWS signature, over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Inner::Rsa(key, check) => check(key, message, signature).is_ok(),
            Inner::Es256(key) => is_signature::<p256::ecdsa::Signature>(key, message, signature),
            Inner::Es384(key) => is_signature::<p384::ecdsa::Signature>(key, message, signature),
            Inner::Es512(key) => is_signature::<p521::ecdsa::Signature>(key, message, signature),
            // Not `verify_strict`, which also rejects an R of small order. aws-lc and RFC 8032
            // §5.1.7 do not, and only the holder of the private key can make one. Both backends
            // verify without cofactor, require S < L, and compare R as bytes.
            Inner::Ed25519(key) => {
                is_signature::<ed25519_dalek::Signature>(key, message, signature)
            }
            Inner::MlDsa(key) => key.verify(message, signature),
            Inner::Hs256(key) => is_tag(key, message, signature),
            Inner::Hs384(key) => is_tag(key, message, signature),
            Inner::Hs512(key) => is_tag(key, message, signature),
        }
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), RandomSourceFailed> {
    hmac::digest::common::getrandom::fill(bytes).map_err(|_| RandomSourceFailed)
}

/// Returns the SHA-256 of a message that is given in parts.
pub(crate) fn sha256(message: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in message {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Returns the HMAC-SHA-256 of a message that is given in parts.
pub(crate) fn hmac_sha256(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    // A key as long as a block, which leads to the same tag (RFC 2104 §2). Its type ensures that
    // the length is valid.
    let mut block = hmac::digest::common::Key::<Hmac<Sha256>>::default();
    if key.len() > block.len() {
        copy(&mut block, &Sha256::digest(key));
    } else {
        copy(&mut block, key);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
    block.as_mut_slice().zeroize();
    for part in message {
        mac.update(part);
    }
    let mut tag = [0; 32];
    copy(&mut tag, &mac.finalize().into_bytes());
    tag
}

/// Copies bytes, as many as fit.
fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Returns the verification of an RSA algorithm. Each one rejects a signature that is not as long
/// as the modulus, or not below it (RFC 8017 §8.1.2, §8.2.2).
fn rsa_check(algorithm: Algorithm) -> Result<RsaCheck, KeyRejected> {
    Ok(match algorithm {
        Algorithm::RS256 => rsa::PublicKey::pkcs1v15_verify::<Sha256>,
        Algorithm::RS384 => rsa::PublicKey::pkcs1v15_verify::<Sha384>,
        Algorithm::RS512 => rsa::PublicKey::pkcs1v15_verify::<Sha512>,
        // These require a salt as long as the hash (RFC 7518 §3.5).
        Algorithm::PS256 => rsa::PublicKey::pss_verify::<Sha256>,
        Algorithm::PS384 => rsa::PublicKey::pss_verify::<Sha384>,
        Algorithm::PS512 => rsa::PublicKey::pss_verify::<Sha512>,
        _ => return Err(KeyRejected),
    })
}

/// Returns a decoded `Base64urlUInt`. Rejects leading zeros (RFC 7518 §2).
fn uint(bytes: &[u8]) -> Result<BoxedUint, KeyRejected> {
    // The length is checked first, so that a value too long for a modulus is not copied.
    let fits = bytes.len() <= RSA_MAX_BITS.div_ceil(8);
    match bytes.first() {
        Some(1..) if fits => Ok(BoxedUint::from_be_slice_vartime(bytes)),
        _ => Err(KeyRejected),
    }
}

/// Returns whether the key made a signature that is parsed as `S`.
///
/// Parsing checks the length (RFC 7518 §3.4) and, for ECDSA, that r and s are in 1..n (FIPS 186-5
/// §6.4.2). A high s is accepted: neither document forbids it.
pub(crate) fn is_signature<S: SignatureEncoding>(
    key: &impl signature::Verifier<S>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    S::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// Returns whether `tag` is the HMAC of the message. Compares in constant time, and rejects a
/// truncated tag. The clone of the key is on the stack, and has already hashed the padded secret.
fn is_tag(key: &(impl Mac + Clone), message: &[u8], tag: &[u8]) -> bool {
    key.clone().chain_update(message).verify_slice(tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Hmac, Sha256, Sha384, Sha512};

    /// Compiles only with the `zeroize` features, which wipe the states of the hashes that an HMAC
    /// holds.
    #[test]
    fn the_states_of_hmac_are_wiped_when_they_are_dropped() {
        fn is_wiped<T: zeroize::ZeroizeOnDrop>() -> bool {
            std::mem::needs_drop::<T>()
        }
        assert!(is_wiped::<Sha256>() && is_wiped::<Sha384>() && is_wiped::<Sha512>());
        assert!(std::mem::needs_drop::<Hmac<Sha256>>() && std::mem::needs_drop::<Hmac<Sha512>>());
    }
}
