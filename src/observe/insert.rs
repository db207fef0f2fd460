//! Stores of used tokens and proofs, as observers see them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use super::observers::measured;
use super::{DpopEvent, IssuerObservers, Observers, ReplayEvent, StoreEvent, StoreKind};
use super::{StoreOperation, StoreResult, WaitEvent, WaitFor};
use crate::dpop::DpopRejection;
use crate::error::IssuerId;
use crate::replay::{
    InsertOutcome, InsertResponse, Inserted, ReplayKind, ReplayStore, StoreFailure,
};
use crate::time_limit::with_time_limit;

type StoreError = Box<dyn StdError + Send + Sync>;

/// Tells observers what becomes of insertions into a store.
#[derive(Clone, Default)]
pub(crate) struct ObservedInsert {
    pub(crate) observers: Observers,
    /// How long an insertion may take: then it is rejected, and the observers must know it.
    pub(crate) timeout: Duration,
}

/// One insertion.
struct Insertion {
    observers: IssuerObservers,
    store: Arc<dyn ReplayStore>,
    kind: ReplayKind,
}

impl ObservedInsert {
    /// Tells what an insertion of a token of an issuer, or of the proof beside it, has led to.
    pub(crate) fn tell(
        &self,
        outcome: InsertOutcome,
        store: &Arc<dyn ReplayStore>,
        kind: ReplayKind,
        issuer: IssuerId,
    ) -> InsertOutcome {
        if self.observers.is_empty() {
            return outcome;
        }
        let insertion = Insertion {
            observers: self.observers.about(issuer),
            store: Arc::clone(store),
            kind,
        };
        match outcome {
            InsertOutcome::Ready(inserted) => {
                let response = inserted.as_ref().copied().map(InsertResponse::Store);
                insertion.tell(response, None);
                InsertOutcome::Ready(inserted)
            }
            InsertOutcome::Pending(pending) => {
                let response = async { pending.await.map(InsertResponse::Store) };
                InsertOutcome::Pending(Box::pin(insertion.observed(response, self.timeout)))
            }
            InsertOutcome::PendingWithFallback(pending) => {
                InsertOutcome::Pending(Box::pin(insertion.observed(pending, self.timeout)))
            }
        }
    }
}

impl Insertion {
    /// Waits for the response of the store, and tells it.
    async fn observed(
        self,
        response: impl Future<Output = Result<InsertResponse, StoreError>>,
        limit: Duration,
    ) -> Inserted {
        let (response, duration) = measured(with_time_limit(response, limit)).await;
        let Some(response) = response else {
            self.tell_end(StoreResult::TimedOut, duration);
            return Err("the store did not respond within check_timeout".into());
        };
        self.tell(response.as_ref().copied(), duration);
        response.map(InsertResponse::is_new)
    }

    fn tell(&self, response: Result<InsertResponse, &StoreError>, duration: Option<Duration>) {
        let result = match response {
            Ok(InsertResponse::Fallback(_)) => StoreResult::Fallback,
            Ok(InsertResponse::Store(true)) => StoreResult::Ok,
            Ok(InsertResponse::Store(false)) => StoreResult::Seen,
            Err(error) => match self.store.failure(&**error) {
                StoreFailure::TimedOut => StoreResult::TimedOut,
                StoreFailure::Skipped => StoreResult::Skipped,
                StoreFailure::Failed => StoreResult::Failed,
            },
        };
        self.tell_end(result, duration);
        if response.is_ok_and(|response| !response.is_new()) {
            self.tell_replay();
        }
    }

    fn tell_replay(&self) {
        let (kind, reason) = (self.kind, DpopRejection::Replayed);
        self.observers.each(|observer, issuer| {
            observer.replay_rejected(&ReplayEvent { kind, issuer });
        });
        if kind == ReplayKind::Proof {
            self.observers.each(|observer, issuer| {
                observer.dpop_rejected(&DpopEvent { reason, issuer });
            });
        }
    }

    fn tell_end(&self, result: StoreResult, duration: Option<Duration>) {
        let store = match self.kind {
            ReplayKind::Token => StoreKind::Tokens,
            ReplayKind::Proof => StoreKind::Proofs,
        };
        self.observers.each(|observer, issuer| {
            observer.store_operation(&StoreEvent {
                store,
                operation: StoreOperation::Insert,
                result,
                duration,
                issuer,
            });
        });
        let Some(duration) = duration else { return };
        self.observers.each(|observer, issuer| {
            observer.waited(&WaitEvent {
                wait_for: WaitFor::Store,
                issuer,
                duration,
            });
        });
    }
}
