//! The checks of a proof (RFC 9449 §4.3), cheap ones first.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::build::MAX_MAX_AGE;
use super::claims::ProofClaims;
use super::header;
use super::key_cache::{KeyCache, KnownKey};
use super::nonces::{DpopNonces, ValidNonce};
use super::parts::{Limits, Parts};
use super::rejection::DpopRejection;
use super::targets::Targets;
use crate::algorithm::AlgorithmSet;
use crate::crypto::sha256;
use crate::encoding::base64url;
use crate::replay::{InsertOutcome, ReplayKey, ReplayStore};
use crate::request::RequestParts;

/// How long a proof stays stored after it could be used for the last time: the system clock may be
/// set back, while a store measures ages with a monotonic one.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A proof, with what it must be the proof for.
pub(crate) struct PresentedProof<'r> {
    /// The value of the `DPoP` header.
    pub(crate) proof: &'r [u8],
    /// The token as it was sent.
    pub(crate) token: &'r [u8],
    /// The thumbprint of the key that the token is bound to: `cnf.jkt`.
    pub(crate) thumbprint: &'r str,
    pub(crate) request: RequestParts<'r>,
}

/// Why a proof is rejected. The texts are for the log. They contain nothing of the request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ProofError {
    /// `invalid_dpop_proof`.
    Invalid(DpopRejection, &'static str),
    /// The proof is one of another key than the token's: `invalid_token`.
    WrongKey,
    /// `use_dpop_nonce`, with a nonce for the next proof.
    UseNonce(HeaderValue),
    /// The request says no authority that the proof could be for: `invalid_request`.
    NoAuthority,
}

/// A proof that passed all checks but that of its single use.
pub(crate) struct VerifiedProof {
    key: Arc<KnownKey>,
    id: Box<str>,
    /// The last time at which the proof passes, since 1970.
    valid_until: Duration,
    next_nonce: Option<HeaderValue>,
}

impl VerifiedProof {
    /// Returns the nonce that the response must bring, if the one of the proof ages.
    pub(crate) const fn next_nonce(&self) -> Option<&HeaderValue> {
        self.next_nonce.as_ref()
    }
}

/// Verifies proofs, as [`Dpop`](super::Dpop) says.
pub(crate) struct ProofVerifier {
    pub(super) is_required: bool,
    pub(super) algorithms: AlgorithmSet,
    pub(super) algorithm_names: Box<str>,
    pub(super) limits: Limits,
    pub(super) max_age: Duration,
    pub(super) leeway: Duration,
    pub(super) nonces: Option<DpopNonces>,
    pub(super) targets: Targets,
    pub(super) store: Arc<dyn ReplayStore>,
    pub(super) keys: KeyCache,
}

impl ProofVerifier {
    /// Returns whether tokens must be bound to a key.
    pub(crate) const fn is_required(&self) -> bool {
        self.is_required
    }

    /// Returns the names of the allowed algorithms, separated by spaces, for `algs` (RFC 9449
    /// §7.1).
    pub(crate) fn algorithms(&self) -> &str {
        &self.algorithm_names
    }

    /// Returns the store of used proofs.
    pub(crate) const fn replay_store(&self) -> &Arc<dyn ReplayStore> {
        &self.store
    }

    /// Checks a proof, except for its single use. The key of the proof and its signature are
    /// checked last, since that takes most of the time.
    pub(crate) fn verify(
        &self,
        presented: &PresentedProof<'_>,
        now: Duration,
    ) -> Result<VerifiedProof, ProofError> {
        let parts = Parts::split(presented.proof, self.limits)?;
        let cached = self.keys.get(presented.thumbprint, parts.header);
        parts.read_claims(|json| {
            let claims = ProofClaims::read(json, self.nonces.is_some())?;
            self.check_request(&claims, presented, now)?;
            let check_token = || check_token(&claims, presented.token);
            let key = match &cached {
                Some(key) => check_token().map(|()| Arc::clone(key)),
                None => self.new_key(&parts, presented.thumbprint, check_token),
            }?;
            let nonce = self.check_nonce(&claims, now)?;
            check_signature(&parts, &key)?;
            if cached.is_none() {
                self.keys.add(&key);
            }
            Ok(self.verified(key, &claims, nonce, now))
        })
    }

    /// Counts a proof as used. The outcome is true if it was not used before.
    ///
    /// Call it last: a proof that another check rejects must not count as used.
    pub(crate) fn use_once(&self, proof: &VerifiedProof, now: Duration) -> InsertOutcome {
        let key = ReplayKey::proof(&proof.key.thumbprint, &proof.id);
        let remaining = proof.valid_until.saturating_sub(now);
        self.store
            .insert_once(key, remaining.saturating_add(MARGIN))
    }

    /// Reads the key of a header that is not cached, which must be the one that the token is bound
    /// to. `check_token` runs before the key is parsed.
    fn new_key(
        &self,
        parts: &Parts<'_>,
        bound_to: &str,
        check_token: impl FnOnce() -> Result<(), ProofError>,
    ) -> Result<Arc<KnownKey>, ProofError> {
        let header =
            parts.read_header(|json| header::read(json, self.algorithms, bound_to, check_token))?;
        Ok(Arc::new(KnownKey {
            header: parts.header.into(),
            thumbprint: header.thumbprint,
            algorithm: header.algorithm,
            key: header.key,
        }))
    }

    /// Checks whether the proof is for this request, and of now.
    fn check_request(
        &self,
        claims: &ProofClaims<'_>,
        presented: &PresentedProof<'_>,
        now: Duration,
    ) -> Result<(), ProofError> {
        if claims.htm.0 != presented.request.method().as_str() {
            return Err(ProofError::Invalid(
                DpopRejection::WrongMethod,
                "htm is not the method of the request",
            ));
        }
        self.check_times(claims, now)?;
        self.targets.check(&claims.htu.0, &presented.request)
    }

    /// Without nonces, `iat` tells the age (RFC 9449 §11.1). `exp` and `nbf` are not required, but
    /// say what the client wants.
    fn check_times(&self, claims: &ProofClaims<'_>, now: Duration) -> Result<(), ProofError> {
        let latest = now.saturating_add(self.leeway);
        if self.nonces.is_none() && (claims.iat.0 > latest || now > self.max_age_ends(claims)) {
            return Err(ProofError::Invalid(
                DpopRejection::WrongTime,
                "iat is too far in the past or in the future",
            ));
        }
        let has_passed = |exp: Duration| now >= exp.saturating_add(self.leeway);
        if claims.exp.is_some_and(|exp| has_passed(exp.0)) {
            return Err(ProofError::Invalid(
                DpopRejection::WrongTime,
                "exp has passed",
            ));
        }
        if claims.nbf.is_some_and(|nbf| nbf.0 > latest) {
            return Err(ProofError::Invalid(
                DpopRejection::WrongTime,
                "nbf is in the future",
            ));
        }
        Ok(())
    }

    fn max_age_ends(&self, claims: &ProofClaims<'_>) -> Duration {
        let max_age = self.max_age.saturating_add(self.leeway).min(MAX_MAX_AGE);
        claims.iat.0.saturating_add(max_age)
    }

    fn check_nonce(
        &self,
        claims: &ProofClaims<'_>,
        now: Duration,
    ) -> Result<Option<ValidNonce>, ProofError> {
        let Some(nonces) = &self.nonces else {
            return Ok(None);
        };
        let nonce = claims.nonce.as_ref();
        let valid = nonce.and_then(|nonce| nonces.verify(&nonce.0, self.leeway, now));
        match valid {
            Some(valid) => Ok(Some(valid)),
            None => Err(ProofError::UseNonce(nonces.issue(now))),
        }
    }

    fn verified(
        &self,
        key: Arc<KnownKey>,
        claims: &ProofClaims<'_>,
        nonce: Option<ValidNonce>,
        now: Duration,
    ) -> VerifiedProof {
        let valid_until =
            nonce.map_or_else(|| self.max_age_ends(claims), |nonce| nonce.valid_until);
        let aging = self
            .nonces
            .as_ref()
            .filter(|_| nonce.is_some_and(|nonce| nonce.is_aging));
        VerifiedProof {
            key,
            id: (*claims.jti.0).into(),
            valid_until,
            next_nonce: aging.map(|nonces| nonces.issue(now)),
        }
    }
}

fn check_signature(parts: &Parts<'_>, key: &KnownKey) -> Result<(), ProofError> {
    let verifier = key.key.verifier(key.algorithm);
    debug_assert!(verifier.is_some(), "the key was parsed for its algorithm");
    parts.check_signature(key.algorithm, |message, signature| {
        verifier.is_some_and(|verifier| verifier.verify(message, signature))
    })
}

/// Checks whether `ath` is the hash of the token (RFC 9449 §4.2).
fn check_token(claims: &ProofClaims<'_>, token: &[u8]) -> Result<(), ProofError> {
    let mut buffer = [0; 32];
    let ath = base64url::decode_into(claims.ath.0.as_bytes(), &mut buffer);
    let is_hash = ath.is_some_and(|ath| *ath == sha256(&[token]));
    is_hash.then_some(()).ok_or(ProofError::Invalid(
        DpopRejection::WrongToken,
        "ath is not the hash of the token",
    ))
}

/// Shows the settings.
impl fmt::Debug for ProofVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofVerifier")
            .field("is_required", &self.is_required)
            .field("algorithms", &self.algorithms)
            .field("max_age", &self.max_age)
            .field("nonces", &self.nonces)
            .finish_non_exhaustive()
    }
}
