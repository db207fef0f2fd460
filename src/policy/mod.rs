//! The checks that follow verification. They run for every token, cached or not.

mod binding;
mod check;
mod predicates;
mod replay;
mod revocation;
mod rule;
mod run;
mod run_each;
mod scopes;
mod stores;
mod unproven;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::binding::{Bindings, Presented};
pub use self::check::{CheckContext, CheckFuture, CheckOutcome, TokenCheck};
pub(crate) use self::predicates::{Authorized, Revoked, RevokedLater};
pub(crate) use self::replay::SingleUse;
pub(crate) use self::revocation::NotListed;
pub use self::rule::{ClaimPath, Rule, StepUp};
pub(crate) use self::run::{Accepted, Checking, PolicyProgress, Unchecked};
pub(crate) use self::scopes::RequiredScopes;
pub use self::scopes::Scopes;
pub(crate) use self::unproven::UnprovenBinding;
use crate::observe::ObservedInsert;
use crate::replay::ReplayStore;

/// When a check runs. Earlier ones first.
///
/// The binding of the token to its sender is checked before them. Single use comes last: a token
/// that another check rejects does not count as used. After that, the proof of the binding is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Revocation,
    Scopes,
    Authorization,
    SingleUse,
}

/// The checks that a verified token must also pass.
pub(crate) struct Policy<C> {
    /// Sorted by stage; those of one stage in the order in which they were added.
    checks: Vec<(Stage, Arc<dyn TokenCheck<C>>)>,
    /// How long a check may wait.
    pub(crate) timeout: Duration,
    /// Checked before the others.
    pub(crate) bindings: Bindings,
    /// The store of used tokens.
    tokens: Option<Arc<dyn ReplayStore>>,
    pub(crate) observed: ObservedInsert,
}

impl<C> Policy<C> {
    pub(crate) fn with_timeout(timeout: Duration) -> Self {
        Self {
            checks: Vec::new(),
            timeout,
            bindings: Bindings::default(),
            tokens: None,
            observed: ObservedInsert::default(),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Returns the number of checks, without those of bindings.
    pub(crate) const fn len(&self) -> usize {
        self.checks.len()
    }

    pub(crate) fn add(&mut self, stage: Stage, check: impl TokenCheck<C>) {
        let end = self.checks.partition_point(|(other, _)| *other <= stage);
        self.checks.insert(end, (stage, Arc::new(check)));
    }
}
