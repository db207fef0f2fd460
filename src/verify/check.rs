//! The checks of a token that is not cached: header, signature and claims.
//!
//! The keys of its issuer check the signature before the claims are read. A sole issuer is known
//! before the token is; otherwise `iss` names it, which is found without reading the other claims.
//! Whether the header is cached has no influence on the outcome.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::attribution::attribute;
use super::choice::{Named, named_issuer};
use super::issuer_ref::IssuerRef;
use super::issuers::Lookup;
use super::signature::{NO_KEYS, SignatureOutcome, prove};
use super::tenants::TenantIssuers;
use super::{ConfiguredIssuer, Engine, IssuerSet, NeedsKeys, Verification};
use crate::algorithm::Algorithm;
use crate::error::{Error, ErrorKind, IssuerId};
use crate::jwk::Header;
use crate::jwt::decoded_payload::DecodedPayload;
use crate::jwt::{Claims, Compact, TokenType, Unverified, check_header_parameters};
use crate::keys::KeyQuery;

/// Why a token is not verified.
pub(super) enum NotVerified {
    Rejected(Error),
    NeedsKeys(NeedsKeys),
}

impl NotVerified {
    /// Names the issuer to observers.
    fn of_issuer(mut self, issuer: IssuerId) -> Self {
        if let Self::Rejected(error) = &mut self {
            error.set_issuer(issuer);
        }
        self
    }
}

/// A token to be checked, the issuers that it may be from, and the time since 1970.
#[derive(Clone, Copy)]
pub(super) struct Task<'s, 't> {
    pub(super) issuers: &'s IssuerSet,
    pub(super) token: &'t Compact<'t>,
    pub(super) now: Duration,
}

/// Where `iss` is in the payload, and the length of the payload, which is decoded already.
type FoundName = (Range<usize>, usize);

impl<C: DeserializeOwned + 'static> Engine<C> {
    pub(super) fn check<'s>(
        &self,
        task: Task<'s, '_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        if let Some(sole) = task.issuers.sole() {
            if !self.observers.is_empty() {
                // Then it shows whether the payload was decoded.
                buffer.clear();
            }
            let checked =
                self.check_with_keys(task, IssuerRef::Configured(sole), None, &mut *buffer);
            return match checked {
                Err(NotVerified::Rejected(error)) if !self.observers.is_empty() => {
                    Err(NotVerified::Rejected(attribute(error, task, buffer)))
                }
                checked => checked,
            };
        }
        let named = named_issuer(task.issuers, task.token, buffer);
        let (issuer, found) = match named {
            Named::By {
                lookup,
                name,
                payload_len,
            } => match lookup {
                Lookup::Found(issuer) => (IssuerRef::Configured(issuer), (name, payload_len)),
                Lookup::Tenant(issuer) => (IssuerRef::Tenant(issuer), (name, payload_len)),
                Lookup::NewTenant(_) => return self.check_whole(task, buffer),
                Lookup::Unknown => return self.reject(task, ErrorKind::UnknownIssuer),
            },
            Named::Unclear => return self.check_whole(task, buffer),
            Named::Malformed => return self.reject(task, ErrorKind::MalformedToken),
        };
        self.check_with_keys(task, issuer, Some(found), buffer)
    }

    /// Rejects a token, for its header if that is invalid.
    fn reject<T>(&self, task: Task<'_, '_>, kind: ErrorKind) -> Result<T, NotVerified> {
        let algorithms = task.issuers.algorithms();
        self.rules.read_header(task.token.header, algorithms)?;
        Err(kind.into())
    }

    /// Checks a token with the keys of the issuer that it is from, if it is valid.
    fn check_with_keys<'s>(
        &self,
        task: Task<'s, '_>,
        issuer: IssuerRef<'s>,
        found: Option<FoundName>,
        buffer: &mut Vec<u8>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        let id = issuer.observers.id();
        let checked = self.check_with_keys_of(task, issuer, found, buffer);
        checked.map_err(|not_verified| not_verified.of_issuer(id))
    }

    fn check_with_keys_of<'s>(
        &self,
        task: Task<'s, '_>,
        issuer: IssuerRef<'s>,
        found: Option<FoundName>,
        buffer: &mut Vec<u8>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        let owner = issuer.clone();
        let keys = owner.keys.source().current();
        let (rules, algorithms) = (&self.rules, task.issuers.algorithms());
        let cached = owner.cached_header(keys.as_deref(), task.token.header);
        let (read, token_type);
        let header = if let Some(header) = cached {
            let typ = header.typ.as_deref();
            token_type = rules.check_header(header.algorithm, typ, algorithms)?;
            header
        } else {
            (read, token_type) = rules.read_header(task.token.header, algorithms)?;
            &read
        };
        check_algorithm(&issuer, header)?;
        let key_id = header.key_id.as_deref();
        // Then the rest of the token need not be read.
        if cached.is_none() && issuer.is_known_missing(key_id, header.algorithm) {
            return Err(ErrorKind::UnknownKey.into());
        }
        let (name, payload) = match found {
            None => {
                let payload = DecodedPayload::decode(task.token.payload, key_id, buffer);
                (None, payload)
            }
            Some((name, len)) => {
                let payload = DecodedPayload::with_key_id(len, key_id, buffer);
                (Some(name), payload)
            }
        };
        let payload = payload.ok_or(ErrorKind::MalformedToken)?;
        let iss = name.map_or(issuer.name.as_str(), |name| payload.get(name));
        let keys = owner.secrets_for(header.algorithm).or(keys.as_deref());
        let proved = keys.map_or(NO_KEYS, |keys| prove(task.token, header, keys, iss));
        let complete = |unverified: &mut Unverified<'_>| {
            if unverified.issuer().is_some_and(|name| name != iss) {
                return Err(ErrorKind::UnknownIssuer.into());
            }
            unverified.complete(iss, owner.exceptions)
        };
        let proved = proved.inspect_err(|error| {
            if may_refetch_after(error, &issuer, header)
                && let Ok(mut unverified) = Unverified::read(payload, rules)
                && complete(&mut unverified).is_ok()
            {
                self.refetch_if_plausible(task, header.algorithm, &issuer, &unverified);
            }
        })?;
        let mut unverified = Unverified::read(payload, rules)?;
        complete(&mut unverified)?;
        self.check_claims(task, issuer, (header, token_type), proved, unverified)
    }

    /// Checks a token whose issuer has no keys yet, or is known only after all claims are read.
    fn check_whole<'s>(
        &self,
        task: Task<'s, '_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        let (rules, algorithms) = (&self.rules, task.issuers.algorithms());
        let (header, token_type) = rules.read_header(task.token.header, algorithms)?;
        let payload = DecodedPayload::decode(task.token.payload, header.key_id.as_deref(), buffer);
        let unverified = Unverified::read(payload.ok_or(ErrorKind::MalformedToken)?, rules)?;
        let issuer = match find(task.issuers, &unverified)? {
            Lookup::Found(issuer) => IssuerRef::Configured(issuer),
            Lookup::Tenant(issuer) => IssuerRef::Tenant(issuer),
            Lookup::NewTenant(tenants) => {
                let added = self.add_tenant(task, tenants, &header, unverified);
                let id = tenants.issuer_id();
                return added.map_err(|not_verified| not_verified.of_issuer(id));
            }
            Lookup::Unknown => return Err(ErrorKind::UnknownIssuer.into()),
        };
        let id = issuer.observers.id();
        let header = (&header, token_type);
        let checked = self.check_complete(task, issuer, header, unverified);
        checked.map_err(|not_verified| not_verified.of_issuer(id))
    }

    /// Checks a token whose claims are read, before any key has verified it.
    fn check_complete<'s>(
        &self,
        task: Task<'s, '_>,
        issuer: IssuerRef<'s>,
        (header, token_type): (&Header, TokenType),
        mut unverified: Unverified<'_>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        check_algorithm(&issuer, header)?;
        unverified.complete(&issuer.name, issuer.exceptions)?;
        let iss = unverified.issuer().unwrap_or(&issuer.name);
        let keys = issuer.source_for(header.algorithm).current();
        let proved = keys.map_or(NO_KEYS, |keys| prove(task.token, header, &keys, iss));
        let proved = proved.inspect_err(|error| {
            if may_refetch_after(error, &issuer, header) {
                self.refetch_if_plausible(task, header.algorithm, &issuer, &unverified);
            }
        })?;
        self.check_claims(task, issuer, (header, token_type), proved, unverified)
    }

    /// Has the keys of a tenant cached, if newer keys could make the token valid.
    fn add_tenant<T>(
        &self,
        task: Task<'_, '_>,
        tenants: &TenantIssuers,
        header: &Header,
        mut unverified: Unverified<'_>,
    ) -> Result<T, NotVerified> {
        if !tenants.algorithms().contains(header.algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        unverified.complete(tenants.pattern(), tenants.exceptions())?;
        self.check_plausible(task, header.algorithm, &unverified)?;
        let name = unverified.issuer().ok_or(ErrorKind::UnknownIssuer)?;
        let issuer = tenants.add(name)?;
        Err(needs_keys(&issuer, header, None))
    }

    /// Checks what remains after the signature.
    fn check_claims<'s>(
        &self,
        task: Task<'s, '_>,
        issuer: IssuerRef<'s>,
        (header, token_type): (&Header, TokenType),
        proved: SignatureOutcome,
        unverified: Unverified<'_>,
    ) -> Result<Verification<'s, C>, NotVerified> {
        let (proof, key_set_id) = match proved {
            SignatureOutcome::Valid(proof, key_set_id) => (proof, key_set_id),
            SignatureOutcome::NeedsKeys(tried) => {
                self.check_plausible(task, header.algorithm, &unverified)?;
                return Err(needs_keys(&issuer, header, tried));
            }
        };
        if header.algorithm.is_symmetric() {
            task.issuers.check_secrets(&issuer)?;
        }
        issuer.mark_used(header.algorithm);
        let verified = unverified.verified(proof, header, token_type);
        let expected = self.expected(&issuer);
        let claims: Claims<C> = verified.validate(&self.rules, expected, task.now)?;
        check_header_parameters(task.token.header, expected.audience)?;
        issuer.check_tenant(claims.issuer(), claims.json())?;
        Ok(Verification {
            claims,
            issuer,
            key_set_id,
        })
    }

    /// Rejects a token with a malformed signature or wrong times, which must not cause a fetch: no
    /// key could make it valid.
    fn check_plausible(
        &self,
        task: Task<'_, '_>,
        algorithm: Algorithm,
        unverified: &Unverified<'_>,
    ) -> Result<(), Error> {
        task.token.check_signature_form(algorithm)?;
        unverified.check_time(&self.rules, task.now)
    }

    /// Has the issuer's keys fetched again, unless no key could make the token valid: the issuer
    /// may have replaced a key under its id. The token is rejected without waiting for that.
    fn refetch_if_plausible(
        &self,
        task: Task<'_, '_>,
        algorithm: Algorithm,
        issuer: &ConfiguredIssuer,
        unverified: &Unverified<'_>,
    ) {
        if self.check_plausible(task, algorithm, unverified).is_ok() {
            issuer.keys.refetch_after_invalid_signature();
        }
    }
}

/// Looks for the issuer that `iss` names, or for the one that may omit `iss`.
pub(super) fn find<'s>(
    issuers: &'s IssuerSet,
    unverified: &Unverified<'_>,
) -> Result<Lookup<'s>, Error> {
    match unverified.issuer() {
        Some(name) => Ok(issuers.find(name)),
        None => issuers
            .nameless()
            .map(Lookup::Found)
            .ok_or(Error::about_claim(ErrorKind::MissingClaim, "iss")),
    }
}

fn check_algorithm(issuer: &ConfiguredIssuer, header: &Header) -> Result<(), Error> {
    if issuer.algorithms.contains(header.algorithm) {
        Ok(())
    } else {
        Err(ErrorKind::AlgorithmNotAllowed.into())
    }
}

fn needs_keys(issuer: &Arc<ConfiguredIssuer>, header: &Header, tried: Option<u64>) -> NotVerified {
    let query = KeyQuery::new(header.key_id.as_deref(), header.algorithm);
    NotVerified::NeedsKeys(NeedsKeys::new(issuer, query, tried))
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
