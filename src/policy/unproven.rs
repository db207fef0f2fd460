//! Why the binding of a token is not proven.

use crate::dpop::{DpopRejection, ProofError};
use crate::error::{Error, ErrorKind};
use crate::mtls::CertificateError;

/// Why the binding of a token is not proven.
pub(crate) struct UnprovenBinding {
    pub(crate) error: Box<Error>,
    /// For the log: nothing of the request is in it.
    pub(crate) reason: &'static str,
    /// What is wrong with the proof, if that is the cause.
    pub(crate) proof: Option<DpopRejection>,
}

impl UnprovenBinding {
    pub(super) fn new(error: Error, reason: &'static str) -> Self {
        Self {
            error: Box::new(error),
            reason,
            proof: None,
        }
    }

    /// Returns why the layer accepts no proof for a token. `has_binding`: the token has `cnf`.
    pub(super) fn unchecked(error: Error, has_binding: bool) -> Self {
        let reason = match (error.kind(), has_binding) {
            (ErrorKind::UnboundToken, true) => OTHER_BINDING,
            (_, true) => UNCHECKED_BINDING,
            (_, false) => NO_BINDING,
        };
        Self::new(error, reason)
    }
}

const NO_BINDING: &str = "found no `cnf`, expected a token that is bound to the client";
const OTHER_BINDING: &str = "found a `cnf` without the binding that the layer requires, expected \
                             `jkt` for Dpop::required, `x5t#S256` for \
                             ClientCertificates::required";
const UNCHECKED_BINDING: &str = "found a `cnf` that the layer does not check, expected `jkt` (set \
                                 dpop) or `x5t#S256` (set mtls)";

/// Returns the error for a token whose binding the request does not prove.
pub(super) fn unproven() -> Error {
    Error::about_claim(ErrorKind::UnprovenBinding, "cnf")
}

impl From<ProofError> for UnprovenBinding {
    fn from(error: ProofError) -> Self {
        let (proof, error, reason) = match error {
            ProofError::Invalid(proof, reason) => {
                (proof, ErrorKind::InvalidDpopProof.into(), reason)
            }
            ProofError::WrongKey => (
                DpopRejection::WrongKey,
                Error::other_proof_key(),
                "the token is bound to another key than that of the proof",
            ),
            ProofError::UseNonce(nonce) => (
                DpopRejection::WrongNonce,
                Error::use_dpop_nonce(nonce.to_str().unwrap_or_default()),
                "the proof has no valid nonce",
            ),
            ProofError::NoAuthority => (
                DpopRejection::NoAuthority,
                Error::no_authority(),
                "the request names no host to compare `htu` with",
            ),
        };
        Self {
            proof: Some(proof),
            ..Self::new(error, reason)
        }
    }
}

impl From<CertificateError> for UnprovenBinding {
    fn from(error: CertificateError) -> Self {
        let (error, reason) = match error {
            CertificateError::Invalid => (
                Error::invalid_certificate(),
                "the client's certificate can't be read",
            ),
            CertificateError::Repeated => (
                Error::repeated_certificate(),
                "the client's certificate was given more than once",
            ),
        };
        Self::new(error, reason)
    }
}
