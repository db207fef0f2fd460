//! Watching one token for as long as a stream runs.

use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;

use super::hash_key::Digest;
use super::kind::Kind;
use super::{RevocationState, Revocations, TokenIds};

type Changed = Pin<Box<dyn Future<Output = watch::Receiver<()>> + Send + Sync>>;

/// Watches one token. Compares it with the list at the first poll, and after each change of the
/// list.
pub(crate) struct RevocationWatch {
    revocations: Revocations,
    digests: Vec<(Kind, Digest)>,
    issued_at: Option<Duration>,
    /// The version of the list that the token was last compared with.
    seen: Option<u64>,
    changed: Changed,
}

impl RevocationWatch {
    pub(super) fn new(revocations: Revocations, ids: &TokenIds<'_>) -> Self {
        Self {
            digests: revocations.list().digests(ids),
            issued_at: ids.issued_at,
            seen: None,
            changed: next(revocations.list().subscribe()),
            revocations,
        }
    }

    /// Returns what the list says about the token, if it has changed. Otherwise, wakes the task at
    /// the next change.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> RevocationState {
        while let Poll::Ready(receiver) = self.changed.as_mut().poll(cx) {
            self.changed = next(receiver);
        }
        let list = self.revocations.list();
        // The version, not the outcome of the future: a task that never waits has no budget left
        // to learn of it.
        let version = list.version();
        if self.seen.replace(version) == Some(version) {
            return RevocationState::NotRevoked;
        }
        list.state_of(&self.digests, self.issued_at)
    }
}

/// Waits for the next change.
fn next(mut receiver: watch::Receiver<()>) -> Changed {
    Box::pin(async move {
        if receiver.changed().await.is_err() {
            // Never: the list, which sends, exists as long as this.
            pending::<()>().await;
        }
        receiver
    })
}

impl fmt::Debug for RevocationWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationWatch").finish_non_exhaustive()
    }
}
