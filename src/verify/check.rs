//! The checks of a token that is not cached: header, signature and claims.
//!
//! Where one issuer is configured, or only one has the token's header cached, its keys check the
//! signature before the claims are read. Otherwise `iss` decides whose keys do. Whether the header
//! is cached has no influence on the outcome.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ConfiguredIssuer, Engine, NeedsKeys, Verification};
use crate::error::{Error, ErrorKind};
use crate::jwk::{Header, KeySet};
use crate::jwt::decoded_payload::DecodedPayload;
use crate::jwt::{Compact, Proof, TokenType, Unverified};
use crate::keys::KeyQuery;

/// Why a token is not verified.
pub(super) enum NotVerified {
    Rejected(Error),
    NeedsKeys(NeedsKeys),
}

/// The issuer that a token is probably from, and its current keys without those of `add_secrets`.
type Probable<'e, 'k> = (&'e Arc<ConfiguredIssuer>, Option<&'k KeySet>);

/// The proof of a signature and the id of the key set that has the key, or `None` if newer keys
/// could lead to another outcome.
type SignatureOutcome = Result<Option<(Proof, u64)>, Error>;

impl<C: DeserializeOwned + 'static> Engine<C> {
    pub(super) fn check(
        &self,
        token: &Compact<'_>,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Verification<'_, C>, NotVerified> {
        let probable = self.probable_issuer(token.header);
        let keys = probable.and_then(|issuer| issuer.keys.source().current());
        let probable = probable.map(|issuer| (issuer, keys.as_deref()));
        let cached = probable.and_then(|(issuer, keys)| issuer.cached_header(keys, token.header));
        if let Some(header) = cached {
            let typ = header.typ.as_deref();
            let token_type = self.rules.check_header(header.algorithm, typ)?;
            return self.check_signature_and_claims(
                token,
                (header, token_type),
                probable,
                buffer,
                now,
            );
        }
        let (header, token_type) = self.rules.read_header(token.header)?;
        if self.is_known_missing(&header) {
            return Err(ErrorKind::UnknownKey.into());
        }
        self.check_signature_and_claims(token, (&header, token_type), probable, buffer, now)
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
            .filter(|issuer| issuer.has_cached_header(header));
        candidates.next().filter(|_| candidates.next().is_none())
    }

    /// Returns true only if no issuer has such a key, and none would fetch it now: then the rest of
    /// the token need not be read.
    fn is_known_missing(&self, header: &Header) -> bool {
        let (key_id, algorithm) = (header.key_id.as_deref(), header.algorithm);
        self.issuers
            .iter()
            .all(|issuer| issuer.is_known_missing(key_id, algorithm))
    }

    /// Checks the signature with the keys of the probable issuer. A sole issuer's token with an
    /// invalid signature is rejected.
    fn check_early<'e>(
        &self,
        token: &Compact<'_>,
        header: &Header,
        probable: Option<Probable<'e, '_>>,
    ) -> Result<Option<(&'e Arc<ConfiguredIssuer>, SignatureOutcome)>, Error> {
        let allowed = probable.filter(|(issuer, _)| issuer.algorithms.contains(header.algorithm));
        let allowed = allowed.and_then(|(issuer, keys)| {
            let secrets = issuer.secrets_for(header.algorithm);
            Some((issuer, secrets.or(keys)?))
        });
        let Some((issuer, keys)) = allowed else {
            return Ok(None);
        };
        let proved = prove(token, header, keys);
        match proved {
            Err(error) if self.issuers.len() == 1 => Err(error),
            proved => Ok(Some((issuer, proved))),
        }
    }

    /// Checks signature and claims of a token whose header was checked.
    fn check_signature_and_claims<'e>(
        &'e self,
        token: &Compact<'_>,
        (header, token_type): (&Header, TokenType),
        probable: Option<Probable<'e, '_>>,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Verification<'e, C>, NotVerified> {
        let rules = &self.rules;
        let key_id = header.key_id.as_deref();
        let payload = DecodedPayload::decode(token.payload, key_id, buffer);
        let payload = payload.ok_or(ErrorKind::MalformedToken)?;
        let early = match (self.check_early(token, header, probable), probable) {
            (Err(error), Some((issuer, _))) if may_refetch_after(&error, issuer, header) => {
                let unverified = Unverified::read(payload, rules).and_then(|mut token| {
                    let completed = token.complete(&issuer.name, issuer.exceptions);
                    completed.map(|()| token)
                });
                self.refetch_if_plausible(token, issuer, unverified.as_ref().ok(), now);
                return Err(error.into());
            }
            (early, _) => early?,
        };
        let mut unverified = Unverified::read(payload, rules)?;
        let issuer = self.issuer_of(&unverified, header)?;
        unverified.complete(&issuer.name, issuer.exceptions)?;
        let proved = match early {
            Some((probable, proved)) if Arc::ptr_eq(probable, issuer) => proved,
            _ => match issuer.source_for(header.algorithm).current() {
                Some(keys) => prove(token, header, &keys),
                None => Ok(None),
            },
        };
        let proved = proved.inspect_err(|error| {
            if may_refetch_after(error, issuer, header) {
                self.refetch_if_plausible(token, issuer, Some(&unverified), now);
            }
        });
        let Some((proof, key_set_id)) = proved? else {
            // A token with a malformed signature or wrong times must not cause a fetch: no key could
            // make it valid.
            token.check_signature_form()?;
            unverified.check_time(rules, now)?;
            let query = KeyQuery::new(key_id, header.algorithm);
            return Err(NotVerified::NeedsKeys(NeedsKeys::new(issuer, query)));
        };
        if header.algorithm.is_symmetric() {
            issuer.check_secrets(&self.issuers)?;
        }
        issuer.mark_used(header.algorithm);
        let verified = unverified.verified(proof, header, token_type);
        Ok(Verification {
            claims: verified.validate(rules, issuer.expected(), now)?,
            issuer,
            key_set_id,
        })
    }

    /// Has the issuer's keys fetched again, unless no key could make the token valid: the issuer
    /// may have replaced a key under its id. The token is rejected without waiting for that.
    fn refetch_if_plausible(
        &self,
        token: &Compact<'_>,
        issuer: &ConfiguredIssuer,
        unverified: Option<&Unverified<'_>>,
        now: Duration,
    ) {
        let is_plausible = unverified.is_some_and(|unverified| {
            unverified.issuer().is_some_and(|name| name == issuer.name)
                && unverified.check_time(&self.rules, now).is_ok()
                && token.check_signature_form().is_ok()
        });
        if is_plausible {
            issuer.keys.refetch_after_invalid_signature();
        }
    }

    /// Returns the configured issuer that `iss` names, compared byte by byte, or the one that may
    /// omit `iss`, if it may use the algorithm.
    fn issuer_of(
        &self,
        unverified: &Unverified<'_>,
        header: &Header,
    ) -> Result<&Arc<ConfiguredIssuer>, Error> {
        let mut issuers = self.issuers.iter();
        let issuer = match unverified.issuer() {
            Some(name) => issuers
                .find(|issuer| issuer.name == name)
                .ok_or(ErrorKind::UnknownIssuer)?,
            None => issuers
                .find(|issuer| issuer.exceptions.allow_missing_issuer)
                .ok_or(Error::about_claim(ErrorKind::MissingClaim, "iss"))?,
        };
        if !issuer.algorithms.contains(header.algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        Ok(issuer)
    }
}

/// Returns whether newer keys could verify a token that a known key did not. Called for each forged
/// token, so it costs next to nothing if the answer is no.
fn may_refetch_after(error: &Error, issuer: &ConfiguredIssuer, header: &Header) -> bool {
    let is_by_key = matches!(
        error.kind(),
        ErrorKind::InvalidSignature | ErrorKind::TooManyKeys | ErrorKind::UnknownKey
    );
    let is_fetched = issuer.secrets_for(header.algorithm).is_none();
    is_by_key && is_fetched && issuer.keys.may_refetch_after_invalid_signature()
}

impl<E: Into<Error>> From<E> for NotVerified {
    fn from(error: E) -> Self {
        Self::Rejected(error.into())
    }
}

/// Checks the signature with the keys of a set.
fn prove(token: &Compact<'_>, header: &Header, keys: &KeySet) -> SignatureOutcome {
    match token.check_signature(header, keys) {
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
