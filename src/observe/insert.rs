//! Stores of used tokens and proofs, as observers see them.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::observers::measured;
use super::{IssuerObservers, Observers, StoreEvent, StoreKind, StoreOperation, StoreResult};
use super::{WaitEvent, WaitFor};
use crate::dpop::DpopRejection;
use crate::error::IssuerId;
use crate::replay::{InsertOutcome, Inserted, ReplayKind, ReplayStore, StoreFailure};

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
                insertion.tell(&inserted, None);
                InsertOutcome::Ready(inserted)
            }
            InsertOutcome::Pending(pending) => {
                let limit = self.timeout;
                InsertOutcome::Pending(Box::pin(async move {
                    let (inserted, duration) = measured(limited(pending, limit)).await;
                    let Some(inserted) = inserted else {
                        insertion.tell_end(StoreResult::TimedOut, duration);
                        return Err("the store did not respond within check_timeout".into());
                    };
                    insertion.tell(&inserted, duration);
                    inserted
                }))
            }
        }
    }
}

/// Outside a tokio runtime there is no timer, so no limit.
async fn limited(pending: impl Future<Output = Inserted>, limit: Duration) -> Option<Inserted> {
    if Handle::try_current().is_err() {
        return Some(pending.await);
    }
    timeout(limit, pending).await.ok()
}

impl Insertion {
    fn tell(&self, inserted: &Inserted, duration: Option<Duration>) {
        let result = match inserted {
            Ok(true) => StoreResult::Ok,
            Ok(false) => StoreResult::Seen,
            Err(error) => match self.store.failure(&**error) {
                StoreFailure::TimedOut => StoreResult::TimedOut,
                StoreFailure::Skipped => StoreResult::Skipped,
                StoreFailure::Failed => StoreResult::Failed,
            },
        };
        self.tell_end(result, duration);
        if result == StoreResult::Seen {
            let kind = self.kind;
            self.observers.each(|observer, _| {
                observer.replay_rejected(kind);
                if kind == ReplayKind::Proof {
                    observer.dpop_rejected(DpopRejection::Replayed);
                }
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
