//! Running every check of a policy, also those after the first that rejects a token.

use std::time::Duration;

use super::replay::key_of;
use super::run::limited;
use super::{CheckContext, CheckOutcome, Policy, Stage, Unchecked};
use crate::error::Error;

impl<C: 'static> Policy<C> {
    /// Runs every check, without a request. That of single use only requires an id: it would mark
    /// the token as used. `now` is the time since 1970. Returns each outcome with its stage.
    pub(crate) async fn run_each(
        &self,
        token: &Unchecked<C>,
        now: Duration,
    ) -> Vec<(Stage, Result<(), Error>)> {
        let context = CheckContext::new(None, now);
        let mut outcomes = Vec::new();
        for (stage, check) in &self.checks {
            if *stage == Stage::SingleUse {
                outcomes.push((*stage, key_of(token.claims()).map(|_| ())));
                continue;
            }
            let outcome = match check.check(token.claims(), &context) {
                CheckOutcome::Ready(outcome) => outcome,
                CheckOutcome::Pending(pending) => limited(pending, self.timeout).await,
            };
            outcomes.push((*stage, outcome.map(|_| ())));
        }
        outcomes
    }

    /// Rejects a token whose binding the layer can't check, or that lacks one which it requires.
    /// Only a request can prove the binding.
    pub(crate) fn check_binding(&self, token: &Unchecked<C>) -> Result<(), Error> {
        token.claims().check_binding(self.bindings.rules())
    }

    /// Returns the stages of the checks that [`run_each`](Self::run_each) runs.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Stage> {
        self.checks.iter().map(|(stage, _)| *stage)
    }
}

impl Stage {
    /// Returns the name of a check in a diagnosis.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Scopes => "scopes",
            Self::Authorization => "authorization",
            Self::SingleUse => "single use",
        }
    }
}
