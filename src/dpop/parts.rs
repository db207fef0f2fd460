//! The compact serialization of a proof (RFC 7515 §7.1).

use super::rejection::DpopRejection;
use super::verifier::ProofError;
use crate::encoding::base64url;

/// The maximum length of a proof in bytes.
const MAX_PROOF_LEN: usize = 8 * 1024;
/// The maximum length of a signature, that of RSA with 8192 bits, and of its base64url.
const MAX_SIGNATURE_LEN: usize = 1024;
const MAX_ENCODED_LEN: usize = 1366;
/// The size of the buffer that most headers and most claims fit in.
const STACK_LEN: usize = 1024;

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
    pub(super) fn split(proof: &'p [u8]) -> Result<Self, ProofError> {
        if proof.len() > MAX_PROOF_LEN {
            return Err(ProofError::Invalid(
                DpopRejection::Malformed,
                "the proof is longer than 8 KiB",
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
        if parts.signature.is_empty() || parts.signature.len() > MAX_ENCODED_LEN {
            return Err(ProofError::Invalid(
                DpopRejection::Malformed,
                "the signature has no valid length",
            ));
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

    /// Passes the decoded signature to `verify`.
    pub(super) fn check_signature(
        &self,
        verify: impl FnOnce(&[u8], &[u8]) -> bool,
    ) -> Result<(), ProofError> {
        let mut buffer = [0; MAX_SIGNATURE_LEN];
        let signature = base64url::decode_into(self.signature, &mut buffer);
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
