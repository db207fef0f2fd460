//! Watching one token for as long as a stream runs.

use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::{Revocable, RevocationState};

type Changed = Pin<Box<dyn Future<Output = watch::Receiver<()>> + Send + Sync>>;

/// Watches one token. Compares it with the list at the first poll, and after each change of the
/// list.
pub(crate) struct RevocationWatch {
    token: Arc<Revocable>,
    /// The version of the list that the token was last compared with.
    seen: Option<u64>,
    changed: Changed,
}

impl RevocationWatch {
    pub(super) fn new(token: Arc<Revocable>) -> Self {
        Self {
            seen: None,
            changed: next(token.list().list().subscribe()),
            token,
        }
    }

    /// Returns what the list says about the token, if it has changed. Otherwise, wakes the task at
    /// the next change.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> RevocationState {
        while let Poll::Ready(receiver) = self.changed.as_mut().poll(cx) {
            self.changed = next(receiver);
        }
        // The version, not the outcome of the future: a task that never waits has no budget left
        // to learn of it.
        let version = self.token.list().list().version();
        if self.seen.replace(version) == Some(version) {
            return RevocationState::NotRevoked;
        }
        // Nor does a stream end when the list is out of date: its token was accepted before. It ends
        // when the list is up to date again, and has the token.
        self.token.listed_state_now()
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
