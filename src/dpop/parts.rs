//! The compact serialization of a proof (RFC 7515 §7.1).

use super::rejection::DpopRejection;
use super::verifier::ProofError;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::encoding::base64url;

/// The maximum length of a signature that is not ML-DSA: that of RSA with 8192 bits, and of its
/// base64url.
const MAX_SIGNATURE_LEN: usize = 1024;
const MAX_ENCODED_LEN: usize = 1366;
/// The length of the base64url of a signature by ML-DSA-87, the longest.
const MAX_ML_DSA_ENCODED_LEN: usize = 6170;
/// The size of the buffer that most headers and most claims fit in.
const STACK_LEN: usize = 1024;

/// The maximum lengths of a proof and of its signature, which the algorithms determine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    max_len: usize,
    too_long: &'static str,
    max_signature_len: usize,
}

impl Limits {
    /// A proof with ML-DSA has a key of up to 2592 bytes, in base64url of base64url, and a
    /// signature of up to 4627.
    pub(super) fn of(algorithms: AlgorithmSet) -> Self {
        if algorithms == algorithms.on_by_default() {
            Self {
                max_len: 8 * 1024,
                too_long: "the proof is longer than 8 KiB",
                max_signature_len: MAX_ENCODED_LEN,
            }
        } else {
            Self {
                max_len: 12 * 1024,
                too_long: "the proof is longer than 12 KiB",
                max_signature_len: MAX_ML_DSA_ENCODED_LEN,
            }
        }
    }
}

/// The parts of a proof, in base64url.
#[derive(Debug)]
pub(super) struct Parts<'p> {
    /// Header and claims with the dot between them: the bytes that are signed.
    pub(super) signing_input: &'p [u8],
    pub(super) header: &'p [u8],
    claims: &'p [u8],
    signature: &'p [u8],
}

impl<'p> Parts<'p> {
    /// Splits a proof at its dots. Requires exactly two, and no more than the maximum length.
    pub(super) fn split(proof: &'p [u8], limits: Limits) -> Result<Self, ProofError> {
        if proof.len() > limits.max_len {
            return Err(ProofError::Invalid(
                DpopRejection::Malformed,
                limits.too_long,
            ));
        }
        let mut dots = memchr::memchr_iter(b'.', proof);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(NOT_COMPACT);
        };
        let (signing_input, signature) = proof.split_at_checked(second).ok_or(NOT_COMPACT)?;
        let (header, claims) = signing_input.split_at_checked(first).ok_or(NOT_COMPACT)?;
        let parts = Self {
            signing_input,
            header,
            claims: claims.get(1..).ok_or(NOT_COMPACT)?,
            signature: signature.get(1..).ok_or(NOT_COMPACT)?,
        };
        if parts.signature.is_empty() || parts.signature.len() > limits.max_signature_len {
            return Err(WRONG_LENGTH);
        }
        Ok(parts)
    }

    /// Reads the decoded header.
    pub(super) fn read_header<T>(
        &self,
        read: impl FnOnce(&str) -> Result<T, ProofError>,
    ) -> Result<T, ProofError> {
        read_json(self.header, read)
    }

    /// Reads the decoded claims.
    pub(super) fn read_claims<T>(
        &self,
        read: impl FnOnce(&str) -> Result<T, ProofError>,
    ) -> Result<T, ProofError> {
        read_json(self.claims, read)
    }

    /// Passes the decoded signature to `verify`, if it may be one of the algorithm by its length.
    pub(super) fn check_signature(
        &self,
        algorithm: Algorithm,
        verify: impl FnOnce(&[u8], &[u8]) -> bool,
    ) -> Result<(), ProofError> {
        let (mut buffer, heap);
        let signature = if let Some((_, len)) = algorithm.ml_dsa_lens() {
            if self.signature.len() != base64url::encoded_len(len) {
                return Err(WRONG_LENGTH);
            }
            heap = base64url::decode(self.signature);
            heap.as_deref()
        } else if self.signature.len() > MAX_ENCODED_LEN {
            return Err(WRONG_LENGTH);
        } else {
            buffer = [0; MAX_SIGNATURE_LEN];
            base64url::decode_into(self.signature, &mut buffer)
        };
        if verify(self.signing_input, signature.ok_or(NOT_BASE64URL)?) {
            Ok(())
        } else {
            Err(ProofError::Invalid(
                DpopRejection::InvalidSignature,
                "the signature is invalid",
            ))
        }
    }
}

const NOT_COMPACT: ProofError = ProofError::Invalid(
    DpopRejection::Malformed,
    "the proof is not one JWS in compact form",
);
const WRONG_LENGTH: ProofError = ProofError::Invalid(
    DpopRejection::Malformed,
    "the signature has no valid length",
);
const NOT_BASE64URL: ProofError =
    ProofError::Invalid(DpopRejection::Malformed, "a part is not base64url");

/// Decodes a part, on the stack unless it is long. Requires UTF-8 (RFC 8259 §8.1).
fn read_json<T>(
    encoded: &[u8],
    read: impl FnOnce(&str) -> Result<T, ProofError>,
) -> Result<T, ProofError> {
    let mut stack = [0; STACK_LEN];
    let heap;
    // Decoding on the stack also fails if the part is not base64url; then it fails again.
    let json = if let Some(json) = base64url::decode_into(encoded, &mut stack) {
        json
    } else {
        heap = base64url::decode(encoded).ok_or(NOT_BASE64URL)?;
        &heap
    };
    let json = std::str::from_utf8(json);
    read(json.map_err(|_| ProofError::Invalid(DpopRejection::Malformed, "a part is not UTF-8"))?)
}
