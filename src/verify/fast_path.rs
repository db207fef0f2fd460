//! The fast path: the signature first, then the payload, in one pass.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ConfiguredIssuer, Engine, Verification};
use crate::error::{Error, ErrorKind};
use crate::jwt::decoded_payload::DecodedPayload;
use crate::jwt::{Compact, Proof, Verified};

/// The fast path can't decide, so the slow path does, without checking the signature again with the
/// same keys.
pub(super) struct Fallback {
    pub(super) checked: Option<CheckedSignature>,
}

/// The outcome of checking the signature with a key set.
pub(super) struct CheckedSignature {
    pub(super) key_set: u64,
    pub(super) outcome: Result<Proof, ErrorKind>,
}

const FALLBACK: Fallback = Fallback { checked: None };

impl<C: DeserializeOwned> Engine<C> {
    /// Returns the outcome, or an outer error if the slow path must decide.
    pub(super) fn fast_path(
        &self,
        token: &Compact<'_>,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Result<Verification<'_, C>, Error>, Fallback> {
        let issuer = self.probable_issuer(token.header).ok_or(FALLBACK)?;
        let keys = issuer.keys.source().current().ok_or(FALLBACK)?;
        let header = keys.cached_header(token.header).ok_or(FALLBACK)?;
        let token_type = match self
            .rules
            .check_header(header.algorithm, header.typ.as_deref())
        {
            Ok(token_type) => token_type,
            Err(error) => return Ok(Err(error)),
        };
        let payload = DecodedPayload::decode(token.payload, header.key_id.as_deref(), buffer);
        let payload = payload.ok_or(FALLBACK)?;
        if !issuer.algorithms.contains(header.algorithm) {
            return Err(FALLBACK);
        }
        let key_set = keys.id();
        let fallback = |outcome| Fallback {
            checked: Some(CheckedSignature { key_set, outcome }),
        };
        let proof = token
            .check_signature(header, &keys)
            .map_err(|kind| fallback(Err(kind)))?;
        issuer.keys.mark_used();
        let read = Verified::read(proof, header, token_type, payload, &issuer.name);
        let (verified, custom) = read.map_err(|proof| fallback(Ok(proof)))?;
        let claims = verified.validate(&self.rules, issuer.expected(), now, |_| Ok(custom));
        Ok(claims.map(|claims| Verification {
            claims,
            issuer,
            key_set,
        }))
    }

    /// Returns the issuer that the token is probably from: the only one that is configured, or the
    /// only one that has cached this header.
    ///
    /// `None` if two have cached it: a wrong guess would cost a signature check. Has no side
    /// effect: the token may be forged.
    fn probable_issuer(&self, header: &[u8]) -> Option<&Arc<ConfiguredIssuer>> {
        if let [only] = self.issuers.as_slice() {
            return Some(only);
        }
        let mut candidates = self
            .issuers
            .iter()
            .filter(|issuer| issuer.keys.has_cached_header(header));
        candidates.next().filter(|_| candidates.next().is_none())
    }
}
