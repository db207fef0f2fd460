//! The slow path: header and payload first, then the signature. The order of the checks determines
//! which error a token with several faults gets.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::fast_path::{CheckedSignature, Fallback};
use super::{ConfiguredIssuer, Engine, NeedsKeys, Verification};
use crate::algorithm::Algorithm;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::decoded_payload::DecodedPayload;
use crate::jwt::{Compact, Proof, Unverified, Verified};
use crate::keys::{KeyQuery, Keys};

impl<C: DeserializeOwned> Engine<C> {
    pub(super) fn slow_path(
        &self,
        token: &Compact<'_>,
        Fallback { checked }: Fallback,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Result<Verification<'_, C>, NeedsKeys>, Error> {
        let rules = &self.rules;
        let check = |algorithm, typ: Option<&str>| rules.check_header(algorithm, typ);
        let (header, token_type) = Header::read(token.header, check)?;
        let key_id = header.key_id.as_deref();
        if self.is_known_missing(key_id, header.algorithm) {
            return Err(ErrorKind::UnknownKey.into());
        }
        let payload = DecodedPayload::decode(token.payload, key_id, buffer);
        let payload = payload.ok_or(ErrorKind::MalformedToken)?;
        let unverified = Unverified::read(payload)?;
        let issuer = self.issuer_named(unverified.issuer(payload)?, header.algorithm)?;
        let current = issuer.keys.source().current();
        let has_keys = current.is_some();
        let Some((proof, key_set)) = prove(token, &header, current, checked)? else {
            // A token that no key could make valid must not cause a fetch.
            token.check_signature_form()?;
            unverified.check_time(rules, now)?;
            if !has_keys {
                issuer.keys.mark_used();
            }
            let (issuer, query) = (Arc::clone(issuer), KeyQuery::new(key_id, header.algorithm));
            return Ok(Err(NeedsKeys { issuer, query }));
        };
        issuer.keys.mark_used();
        let verified = unverified.verified(proof, &header, token_type, payload);
        let claims = verified.validate(rules, issuer.expected(), now, Verified::custom)?;
        Ok(Ok(Verification {
            claims,
            issuer,
            key_set,
        }))
    }

    /// Returns whether no issuer has such a key, and none would fetch it now: then the rest of the
    /// token need not be read.
    fn is_known_missing(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        self.issuers
            .iter()
            .all(|issuer| issuer.keys.is_known_missing(key_id, algorithm))
    }

    /// Returns the configured issuer of that name, compared byte by byte, if it may use the
    /// algorithm.
    fn issuer_named(
        &self,
        name: &str,
        algorithm: Algorithm,
    ) -> Result<&Arc<ConfiguredIssuer>, Error> {
        let issuer = self.issuers.iter().find(|issuer| issuer.name == name);
        let issuer = issuer.ok_or(ErrorKind::UnknownIssuer)?;
        if !issuer.algorithms.contains(algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        Ok(issuer)
    }
}

/// Checks the signature with the cached keys. Returns the proof and the id of their set, or `None`
/// if newer keys could lead to another outcome.
fn prove(
    token: &Compact<'_>,
    header: &Header,
    keys: Option<Keys<'_>>,
    checked: Option<CheckedSignature>,
) -> Result<Option<(Proof, u64)>, Error> {
    let Some(keys) = keys else { return Ok(None) };
    let checked = checked.filter(|checked| checked.key_set == keys.id());
    let outcome = match checked {
        Some(checked) => checked.outcome,
        None => token.check_signature(header, &keys),
    };
    match outcome {
        Ok(proof) => {
            keys.cache_header(token.header, header);
            Ok(Some((proof, keys.id())))
        }
        Err(kind) if keys.is_conclusive_for(header.key_id.as_deref(), header.algorithm) => {
            Err(kind.into())
        }
        Err(_) => Ok(None),
    }
}
