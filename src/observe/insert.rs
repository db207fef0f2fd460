//! Stores of used tokens and proofs, as observers see them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use super::observers::measured;
use super::{DpopEvent, IssuerObservers, Observers, ReplayEvent, StoreEvent, StoreKind};
use super::{StoreOperation, StoreResult, WaitEvent, WaitFor, limited};
use crate::dpop::DpopRejection;
use crate::error::IssuerId;
use crate::replay::{InsertAnswer, InsertOutcome, Inserted, ReplayKind, ReplayStore, StoreFailure};

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
                insertion.tell(
                    &inserted.as_ref().map(|is_new| InsertAnswer::Store(*is_new)),
                    None,
                );
                InsertOutcome::Ready(inserted)
            }
            InsertOutcome::Pending(pending) => {
                let answer = async { pending.await.map(InsertAnswer::Store) };
                InsertOutcome::Pending(Box::pin(insertion.told(answer, self.timeout)))
            }
            InsertOutcome::PendingWithFallback(pending) => {
                InsertOutcome::Pending(Box::pin(insertion.told(pending, self.timeout)))
            }
        }
    }
}

impl Insertion {
    /// Waits for the answer of the store, and tells it.
    async fn told(
        self,
        answer: impl Future<Output = Result<InsertAnswer, StoreError>>,
        limit: Duration,
    ) -> Inserted {
        let (answer, duration) = measured(limited(answer, limit)).await;
        let Some(answer) = answer else {
            self.tell_end(StoreResult::TimedOut, duration);
            return Err("the store did not answer within check_timeout".into());
        };
        self.tell(&answer.as_ref().copied(), duration);
        answer.map(InsertAnswer::is_new)
    }

    fn tell(&self, answer: &Result<InsertAnswer, &StoreError>, duration: Option<Duration>) {
        let result = match answer {
            Ok(InsertAnswer::Fallback(_)) => StoreResult::Fallback,
            Ok(InsertAnswer::Store(true)) => StoreResult::Ok,
            Ok(InsertAnswer::Store(false)) => StoreResult::Seen,
            Err(error) => match self.store.failure(&***error) {
                StoreFailure::TimedOut => StoreResult::TimedOut,
                StoreFailure::Skipped => StoreResult::Skipped,
                StoreFailure::Failed => StoreResult::Failed,
            },
        };
        self.tell_end(result, duration);
        if answer.is_ok_and(|answer| !answer.is_new()) {
            self.tell_replay();
        }
    }

    fn tell_replay(&self) {
        let (kind, reason) = (self.kind, DpopRejection::Replayed);
        self.observers.each(|observer, issuer| {
            observer.replay_rejected(&ReplayEvent { kind, issuer });
            if kind == ReplayKind::Proof {
                observer.dpop_rejected(&DpopEvent { reason, issuer });
            }
        });
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
            if let Some(duration) = duration {
                observer.waited(&WaitEvent {
                    wait_for: WaitFor::Store,
                    issuer,
                    duration,
                });
            }
        });
    }
}
