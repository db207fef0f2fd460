//! Checking a signature with the keys of a set.

use crate::error::Error;
use crate::jwk::{Header, KeySet};
use crate::jwt::{Compact, Proof};

/// The outcome of a signature check.
pub(super) enum SignatureOutcome {
    /// A key made it. With the id of its set.
    Valid(Proof, u64),
    /// Newer keys could lead to another outcome. With the id of the set that was tried.
    NeedsKeys(Option<u64>),
}

pub(super) const NO_KEYS: Result<SignatureOutcome, Error> = Ok(SignatureOutcome::NeedsKeys(None));

/// Checks the signature with the keys of a set, for a token that names this issuer.
pub(super) fn prove(
    token: &Compact<'_>,
    header: &Header,
    keys: &KeySet,
    iss: &str,
) -> Result<SignatureOutcome, Error> {
    match token.check_signature(header, keys, iss) {
        Ok(proof) => {
            keys.cache_header(token.header, header);
            Ok(SignatureOutcome::Valid(proof, keys.id()))
        }
        Err(kind) if keys.is_conclusive_for(header.key_id.as_deref(), header.algorithm) => {
            Err(kind.into())
        }
        Err(_) => Ok(SignatureOutcome::NeedsKeys(Some(keys.id()))),
    }
}
