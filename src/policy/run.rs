//! Running the checks of a policy, one after the other.

use std::mem;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Extensions, HeaderValue};

use super::binding::accept_unused;
use super::{
    CheckContext, CheckFuture, CheckOutcome, Policy, Presented, Stage, TokenCheck, UnprovenBinding,
};
use crate::dpop::VerifiedProof;
use crate::error::{Error, IssuerId};
use crate::jwt::Claims;
use crate::observe::DpopEvent;
use crate::request::RequestParts;
use crate::time_limit::with_time_limit;
use crate::trace;

/// The claims of a verified token that no check has seen yet. Only a policy can take them out.
pub(crate) struct Unchecked<C>(Claims<C>);

/// The claims of a token that passed all checks, and what the checks add to the extensions of its
/// request.
pub(crate) struct Accepted<C> {
    pub(crate) claims: Claims<C>,
    pub(crate) extensions: Extensions,
    /// The nonce for the client's next DPoP proof, if it is to change.
    pub(crate) nonce: Option<Box<HeaderValue>>,
}

/// The outcome of a policy without waiting, or the checks that are left.
pub(crate) enum PolicyProgress<C> {
    /// The claims lack a scope of the issuer's audience.
    LacksAudienceScope(Error),
    Done(Result<Accepted<C>, Error>),
    Pending(Checking<C>),
}

/// The checks of one token whose binding is proven, in progress.
pub(crate) struct Checking<C> {
    claims: Claims<C>,
    /// The proof of its binding, until it is used.
    proof: Option<Box<VerifiedProof>>,
    nonce: Option<Box<HeaderValue>>,
    /// What the checks have added so far.
    added: Extensions,
    /// The index of the next check.
    next: usize,
    /// The check that waits.
    waiting: Option<CheckFuture>,
}

impl<C> Unchecked<C> {
    pub(crate) const fn new(claims: Claims<C>) -> Self {
        Self(claims)
    }

    pub(super) const fn claims(&self) -> &Claims<C> {
        &self.0
    }

    /// Rejects claims that lack a scope of the issuer's audience.
    pub(crate) fn check_audience_scopes(&self) -> Result<(), Error> {
        self.0.check_audience_scopes()
    }
}

impl<C> Checking<C> {
    fn new(claims: Claims<C>) -> Self {
        Self {
            claims,
            proof: None,
            nonce: None,
            added: Extensions::new(),
            next: 0,
            waiting: None,
        }
    }

    /// Returns whether the claims lack a scope of the issuer's audience.
    pub(crate) fn lacks_audience_scope(&self) -> bool {
        self.claims.check_audience_scopes().is_err()
    }

    /// Returns an error that names the issuer of the claims to observers.
    fn error(&self, error: Error) -> Error {
        error.with_issuer(self.claims.issuer_id())
    }

    fn accepted(&mut self) -> Accepted<C> {
        Accepted {
            claims: self.claims.clone(),
            extensions: mem::take(&mut self.added),
            nonce: self.nonce.take(),
        }
    }
}

impl<C: 'static> Policy<C> {
    /// Checks the binding of a verified token, at every request, and returns the other checks,
    /// which need its outcome. `now` is the time since 1970.
    pub(crate) fn bind(
        &self,
        Unchecked(claims): Unchecked<C>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<Checking<C>, UnprovenBinding> {
        let mut checking = Checking::new(claims);
        self.check_binding_of(&mut checking, presented, now)?;
        Ok(checking)
    }

    /// Checks the binding of a verified token, and runs all other checks, unless one of them waits.
    /// `now` is the time since 1970.
    pub(crate) fn start(
        &self,
        Unchecked(claims): Unchecked<C>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<PolicyProgress<C>, UnprovenBinding> {
        let mut checking = Checking::new(claims);
        self.check_binding_of(&mut checking, presented, now)?;
        if let Err(error) = checking.claims.check_audience_scopes() {
            return Ok(PolicyProgress::LacksAudienceScope(checking.error(error)));
        }
        Ok(match self.advance(&mut checking, presented.request, now) {
            Some(Ok(())) => PolicyProgress::Done(Ok(Accepted {
                claims: checking.claims,
                extensions: checking.added,
                nonce: checking.nonce,
            })),
            Some(Err(error)) => PolicyProgress::Done(Err(checking.error(error))),
            None => PolicyProgress::Pending(checking),
        })
    }

    fn check_binding_of(
        &self,
        checking: &mut Checking<C>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<(), UnprovenBinding> {
        let claims = &mut checking.claims;
        if self.bindings.allow_unbound(claims, presented.scheme) {
            return Ok(());
        }
        let checked = self.bindings.check(claims, presented, now);
        let (proven, proof) = checked.map_err(|mut unproven| {
            self.tell_unproven(&unproven, claims.issuer_id());
            unproven.error.set_issuer(claims.issuer_id());
            unproven
        })?;
        claims.set_proven(proven);
        let nonce = proof.as_ref().and_then(|proof| proof.next_nonce());
        checking.nonce = nonce.cloned().map(Box::new);
        checking.proof = proof;
        Ok(())
    }

    /// Tells observers what is wrong with a proof.
    fn tell_unproven(&self, unproven: &UnprovenBinding, issuer: IssuerId) {
        if let Some(reason) = unproven.proof {
            let observers = &self.observed.observers;
            observers.each_about(issuer, |observer, issuer| {
                observer.dpop_rejected(&DpopEvent { reason, issuer });
            });
        }
    }

    /// Polls the check that waits, and runs those that are left. `now` returns the time since 1970.
    pub(crate) fn poll(
        &self,
        checking: &mut Checking<C>,
        request: Option<&RequestParts<'_>>,
        now: impl Fn() -> Duration,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Accepted<C>, Error>> {
        loop {
            if let Some(waiting) = &mut checking.waiting {
                let added = ready!(waiting.as_mut().poll(cx));
                let added = added.map_err(|error| checking.error(error))?;
                checking.waiting = None;
                checking.added.extend(added);
            }
            if let Some(outcome) = self.advance(checking, request, now()) {
                let outcome = outcome.map_err(|error| checking.error(error));
                return Poll::Ready(outcome.map(|()| checking.accepted()));
            }
        }
    }

    /// Runs the checks that are left, until one of them waits. Then returns `None`. Last, uses the
    /// proof: it stays unused if a check rejects the token.
    fn advance(
        &self,
        checking: &mut Checking<C>,
        request: Option<&RequestParts<'_>>,
        now: Duration,
    ) -> Option<Result<(), Error>> {
        if let Err(error) = checking.claims.check_audience_scopes() {
            return Some(Err(error));
        }
        while let Some((stage, check)) = self.checks.get(checking.next) {
            checking.next = checking.next.saturating_add(1);
            let context = CheckContext::new(request.copied(), now);
            match check.check(&checking.claims, &context) {
                CheckOutcome::Ready(Ok(added)) => checking.added.extend(added),
                CheckOutcome::Ready(Err(error)) => {
                    log(*stage, &**check, &error, &checking.claims);
                    return Some(Err(error.diagnosed()));
                }
                CheckOutcome::Pending(pending) => {
                    checking.waiting = Some(Box::pin(limited(pending, self.timeout)));
                    return None;
                }
            }
        }
        match &checking.proof {
            None => Some(Ok(())),
            Some(_) => self.use_proof_of(checking, now),
        }
    }

    /// Uses the proof, unless that waits. Then returns `None`.
    fn use_proof_of(&self, checking: &mut Checking<C>, now: Duration) -> Option<Result<(), Error>> {
        let proof = checking.proof.take()?;
        let outcome = self.use_proof(&proof, checking.claims.issuer_id(), now);
        match outcome.ready() {
            Ok(inserted) => Some(accept_unused(inserted)),
            Err(inserted) => {
                let used = async { accept_unused(inserted.await).map(|()| Extensions::new()) };
                checking.waiting = Some(Box::pin(limited(Box::pin(used), self.timeout)));
                None
            }
        }
    }
}

/// Logs what a token lacks, at debug.
fn log<C: 'static>(stage: Stage, check: &dyn TokenCheck<C>, error: &Error, claims: &Claims<C>) {
    if stage == Stage::Scopes {
        trace::scopes_missing(error, "all of", |scope| claims.has_scope(scope));
    } else if trace::is_diagnosis_enabled() {
        match check.unmet(claims) {
            Some(text) => trace::diagnosed(error, &text),
            None => trace::diagnosed(error, &format!("policy: {error}")),
        }
    }
}

/// Limits the time of a check.
pub(super) async fn limited(check: CheckFuture, limit: Duration) -> Result<Extensions, Error> {
    with_time_limit(check, limit)
        .await
        .unwrap_or_else(|| Err(Error::check_unavailable(None)))
}
