//! Keys from the values that JWKs and key files hold.

use std::sync::Arc;

use super::secret_strength::{check_secret, min_secret_len, weaker_encoding};
use super::strength::{check_rsa, has_small_order, significant};
use super::{Key, KeyDigest, SkipReason};
use crate::algorithm::{Algorithm, Family};
use crate::crypto::{KeyRejected, Verifier, keyed_digest};

impl Key {
    /// Parses an RSA key: modulus and exponent, big-endian.
    pub(super) fn rsa(n: &[u8], e: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let (n, e) = (significant(n), significant(e));
        check_rsa(n, e)?;
        Self::parse(Family::Rsa, pinned, digest_of(e, n), |algorithm| {
            Verifier::rsa(algorithm, n, e)
        })
    }

    /// Parses an EC key: the uncompressed point, `04 ‖ x ‖ y`. Its length determines the curve.
    pub(super) fn ec(point: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let algorithm = match point.len() {
            65 => Algorithm::ES256,
            97 => Algorithm::ES384,
            133 => Algorithm::ES512,
            _ if point.first() == Some(&4) => return Err(SkipReason::UnsupportedCurve),
            _ => return Err(SkipReason::InvalidKey),
        };
        if pinned.is_some_and(|pinned| pinned != algorithm) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        Self::parse(
            Family::Ec,
            Some(algorithm),
            digest_of(point, &[]),
            |algorithm| Verifier::ec(algorithm, point),
        )
    }

    /// Parses an Ed25519 key: 32 bytes.
    pub(super) fn ed25519(public: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let public: &[u8; 32] = public
            .try_into()
            .map_err(|_| SkipReason::CoordinateLength)?;
        if has_small_order(public) {
            return Err(SkipReason::SmallOrder);
        }
        Self::parse(Family::Ed, pinned, digest_of(public, &[]), |_| {
            Verifier::ed25519(public)
        })
    }

    /// Parses an ML-DSA key. Its algorithm determines its length (RFC 9964 §5).
    pub(super) fn ml_dsa(public: &[u8], algorithm: Algorithm) -> Result<Self, SkipReason> {
        let (len, _) = algorithm
            .ml_dsa_lens()
            .ok_or(SkipReason::AlgorithmMismatch)?;
        if public.len() != len {
            return Err(SkipReason::KeyLength { expected: len });
        }
        Self::parse(
            Family::MlDsa,
            Some(algorithm),
            digest_of(public, &[]),
            |algorithm| Verifier::ml_dsa(algorithm, public),
        )
    }

    /// Parses the secret of a JWK. Without `alg` it is pinned to the strongest hash that it is long
    /// enough for.
    pub(super) fn octets(secret: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let algorithm = pinned.unwrap_or(match secret.len() {
            64.. => Algorithm::HS512,
            48.. => Algorithm::HS384,
            _ => Algorithm::HS256,
        });
        let min_len = min_secret_len(algorithm).ok_or(SkipReason::AlgorithmMismatch)?;
        check_secret(secret, min_len)?;
        Ok(Self {
            weaker_encoding: weaker_encoding(secret, min_len),
            ..Self::hmac(secret, algorithm)?
        })
    }

    /// Parses a secret whose strength was checked.
    pub(super) fn hmac(secret: &[u8], algorithm: Algorithm) -> Result<Self, SkipReason> {
        Self::parse(
            Family::Hmac,
            Some(algorithm),
            digest_of_secret(secret),
            |algorithm| Verifier::hmac(algorithm, secret),
        )
    }

    /// Parses a key for the algorithm that it is pinned to, or else for all of its family.
    fn parse(
        family: Family,
        pinned: Option<Algorithm>,
        digest: KeyDigest,
        parse_for: impl Fn(Algorithm) -> Result<Verifier, KeyRejected>,
    ) -> Result<Self, SkipReason> {
        if pinned.is_some_and(|pinned| pinned.family() != family) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        let is_wanted = |algorithm: &Algorithm| match pinned {
            Some(pinned) => *algorithm == pinned,
            None => algorithm.family() == family,
        };
        let verifiers: Vec<_> = Algorithm::all()
            .filter(|algorithm| algorithm.is_supported() && is_wanted(algorithm))
            .map(|algorithm| Ok((algorithm, Arc::new(parse_for(algorithm)?))))
            .collect::<Result<_, KeyRejected>>()
            .map_err(|KeyRejected| SkipReason::InvalidKey)?;
        if verifiers.is_empty() {
            return Err(SkipReason::NotImplemented);
        }
        Ok(Self {
            id: None,
            verifiers,
            digest,
            issuer: None,
            weaker_encoding: None,
        })
    }
}

/// Returns the digest of a public key. The message starts with the length of its first part, so
/// that no two keys are the same message.
fn digest_of(first: &[u8], second: &[u8]) -> KeyDigest {
    let len = first.len().to_be_bytes();
    keyed_digest(b"tower-jwt-auth: comparison of keys", [&len, first, second])
}

/// Returns a secret without zeros at its end, with which HMAC pads it (RFC 2104 §2).
pub(super) fn without_padding(mut secret: &[u8]) -> &[u8] {
    while let [start @ .., 0] = secret {
        secret = start;
    }
    secret
}

/// Returns the digest of a secret. It is equal for secrets that differ in zeros at their end.
fn digest_of_secret(secret: &[u8]) -> KeyDigest {
    let secret = without_padding(secret);
    keyed_digest(secret, [b"tower-jwt-auth: comparison of secrets", &[], &[]])
}
