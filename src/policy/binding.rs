//! The check that a token comes from the client that it is bound to. The first check, at every
//! request: a caller that can't prove it learns nothing of the other checks.

use std::sync::Arc;
use std::time::Duration;

use super::Policy;
use super::unproven::{UnprovenBinding, unproven};
use crate::crypto::is_same_tag;
use crate::dpop::{DpopRejection, PresentedProof, ProofError, ProofVerifier, VerifiedProof};
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind, IssuerId};
use crate::jwt::{BindingRule, BindingRules, Claims, Proven};
use crate::mtls::ClientCertificates;
use crate::replay::{InsertOutcome, Inserted, ReplayKind, ReplayStore};
use crate::request::{DPOP_HEADER, RequestParts, Scheme};

/// A token as its request presents it.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'r> {
    pub(crate) token: &'r [u8],
    pub(crate) scheme: Scheme,
    /// `None` for a token that comes without a request: then it is not bound, or not accepted.
    pub(crate) request: Option<&'r RequestParts<'r>>,
}

/// What a request has proven, and the proof, which is not used yet.
pub(super) type Bound = (Proven, Option<Box<VerifiedProof>>);

/// How the bindings of tokens are checked.
#[derive(Default)]
pub(crate) struct Bindings {
    rules: BindingRules,
    /// Whether a token must be bound.
    is_required: bool,
    dpop: Option<ProofVerifier>,
    mtls: Option<ClientCertificates>,
}

impl Bindings {
    pub(crate) fn new(dpop: Option<ProofVerifier>, mtls: Option<ClientCertificates>) -> Self {
        let rule = |is_required: Option<bool>| match is_required {
            None => BindingRule::Unsupported,
            Some(false) => BindingRule::Optional,
            Some(true) => BindingRule::Required,
        };
        let rules = BindingRules {
            dpop: rule(dpop.as_ref().map(ProofVerifier::is_required)),
            mtls: rule(mtls.as_ref().map(ClientCertificates::is_required)),
        };
        Self {
            rules,
            is_required: [rules.dpop, rules.mtls].contains(&BindingRule::Required),
            dpop,
            mtls,
        }
    }

    /// Returns the store of used proofs.
    pub(super) fn replay_store(&self) -> Option<&Arc<dyn ReplayStore>> {
        self.dpop.as_ref().map(ProofVerifier::replay_store)
    }

    pub(crate) const fn rules(&self) -> BindingRules {
        self.rules
    }

    /// Returns whether tokens may be bound to the client's certificate.
    pub(crate) const fn accepts_certificates(&self) -> bool {
        self.mtls.is_some()
    }

    /// Returns whether there is no binding to check: the usual bearer token.
    pub(super) fn allow_unbound<C>(&self, claims: &Claims<C>, scheme: Scheme) -> bool {
        !self.is_required && !claims.is_bound() && matches!(scheme, Scheme::Bearer)
    }

    /// Checks the binding of a verified token. `now` is the time since 1970.
    pub(super) fn check<C>(
        &self,
        claims: &Claims<C>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<Bound, UnprovenBinding> {
        let is_checkable = claims.check_binding(self.rules);
        is_checkable.map_err(|error| UnprovenBinding::unchecked(error, claims.has_binding()))?;
        // What is wrong with the token comes before what is wrong with the proof.
        let certificate = self.has_certificate(claims, presented.request)?;
        let proof = self.verify_proof(claims, presented, now)?;
        let key = proof.is_some();
        Ok((Proven { key, certificate }, proof.map(Box::new)))
    }

    /// Returns whether the client has the certificate that the token is bound to.
    fn has_certificate<C>(
        &self,
        claims: &Claims<C>,
        request: Option<&RequestParts<'_>>,
    ) -> Result<bool, UnprovenBinding> {
        let Some(bound_to) = claims.certificate_thumbprint() else {
            return Ok(false);
        };
        let presented = match (&self.mtls, request) {
            (Some(mtls), Some(request)) => mtls.thumbprint(request)?,
            _ => None,
        };
        let mut buffer = [0; 32];
        let expected = base64url::decode_into(bound_to.as_bytes(), &mut buffer);
        let expected = expected.and_then(|hash| <&[u8; 32]>::try_from(hash).ok());
        let is_same = expected
            .zip(presented)
            .is_some_and(|(expected, presented)| is_same_tag(expected, &presented));
        if is_same || may_be_unproven(claims, self.rules.mtls) {
            return Ok(is_same);
        }
        Err(match presented {
            Some(_) => UnprovenBinding::new(
                Error::other_certificate(),
                "the token is bound to another certificate than the client's",
            ),
            None => UnprovenBinding::new(
                Error::no_certificate(),
                "the token is bound to a certificate, and the client has presented none",
            ),
        })
    }

    /// Returns the proof that the client has the key which the token is bound to. `None` for a
    /// bearer token, beside which no proof is looked at.
    fn verify_proof<C>(
        &self,
        claims: &Claims<C>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<Option<VerifiedProof>, UnprovenBinding> {
        let bound_to = claims.key_thumbprint();
        let thumbprint = match (presented.scheme, bound_to) {
            (Scheme::Bearer, None) => return Ok(None),
            (Scheme::Bearer, Some(_)) if may_be_unproven(claims, self.rules.dpop) => {
                return Ok(None);
            }
            (Scheme::Bearer, Some(_)) => {
                return Err(UnprovenBinding::new(
                    unproven(),
                    "the token is bound to a key, and came without the scheme DPoP",
                ));
            }
            (Scheme::Dpop, None) => {
                return Err(UnprovenBinding::new(
                    Error::about_claim(ErrorKind::UnboundToken, "cnf"),
                    "the token came with the scheme DPoP, and is not bound to a key",
                ));
            }
            (Scheme::Dpop, Some(thumbprint)) => thumbprint,
        };
        let (Some(verifier), Some(request)) = (&self.dpop, presented.request) else {
            // The scheme is read only where DPoP is configured, and from a request.
            return Err(UnprovenBinding::new(unproven(), "there is no proof"));
        };
        let proof = PresentedProof {
            proof: only_proof(request)?,
            token: presented.token,
            thumbprint,
            request: *request,
        };
        Ok(Some(verifier.verify(&proof, now)?))
    }

    /// Uses a proof. `now` is the time since 1970.
    fn use_once(&self, proof: &VerifiedProof, now: Duration) -> InsertOutcome {
        match &self.dpop {
            Some(verifier) => verifier.use_once(proof, now),
            // There is no proof without a verifier.
            None => InsertOutcome::Ready(Ok(false)),
        }
    }
}

impl<C> Policy<C> {
    /// Uses a proof, the last step: what was rejected before has not used it.
    pub(super) fn use_proof(
        &self,
        proof: &VerifiedProof,
        issuer: IssuerId,
        now: Duration,
    ) -> InsertOutcome {
        let outcome = self.bindings.use_once(proof, now);
        match self.bindings.replay_store() {
            Some(store) => self
                .observed
                .tell(outcome, store, ReplayKind::Proof, issuer),
            None => outcome,
        }
    }
}

/// Rejects a proof that was used before.
pub(super) fn accept_unused(inserted: Inserted) -> Result<(), Error> {
    match inserted {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorKind::InvalidDpopProof.into()),
        Err(error) => Err(Error::check_unavailable(Some(error.into()))),
    }
}

/// Returns whether the token is accepted without a proof of one of its bindings.
fn may_be_unproven<C>(claims: &Claims<C>, rule: BindingRule) -> bool {
    rule != BindingRule::Required && claims.may_be_unproven()
}

/// Returns the only proof of a request (RFC 9449 §4.3, step 1).
fn only_proof<'r>(request: &RequestParts<'r>) -> Result<&'r [u8], UnprovenBinding> {
    let mut proofs = request.headers().get_all(DPOP_HEADER).iter();
    match (proofs.next(), proofs.next()) {
        (Some(proof), None) => Ok(proof.as_bytes()),
        (None, _) => {
            Err(ProofError::Invalid(DpopRejection::Missing, "there is no header DPoP").into())
        }
        (Some(_), Some(_)) => Err(ProofError::Invalid(
            DpopRejection::Repeated,
            "there is more than one header DPoP",
        )
        .into()),
    }
}
