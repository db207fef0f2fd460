//! Following the store: all that it has, then its changes.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fmt::Display;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use super::backoff::Backoff;
use super::failures::Part;
use super::{RevocationUpdate, RevocationUpdates, Shared};
use crate::revocation::RevocationEntry;
use crate::revocation::hash_key::Digest;
use crate::revocation::list::List;
use crate::trace;

/// How long the next item may take.
const TIMEOUT: Duration = Duration::from_secs(10);

type BoxError = Box<dyn StdError + Send + Sync>;

/// Follows the store, and loads the list again whenever that ends.
pub(super) async fn run(shared: &Shared) {
    let mut backoff = Backoff::default();
    loop {
        let mut load = Load::new(shared);
        let outcome = follow(shared, &mut load).await;
        if load.is_complete {
            backoff.reset();
        }
        match outcome {
            // A store may have the list loaded again in this way.
            Ok(()) if load.is_complete => {}
            Ok(()) => fail(
                shared,
                &"the stream of the store ended before the list was loaded",
            ),
            Err(error) => fail(shared, &error),
        }
        sleep(backoff.next()).await;
    }
}

fn fail(shared: &Shared, error: &dyn Display) {
    shared.failures.note(Part::Following, error);
}

/// Takes over what the store says, until it ends.
async fn follow(shared: &Shared, load: &mut Load) -> Result<(), BoxError> {
    let mut updates = shared.store.follow();
    loop {
        // What the answer says is true of this time, however long it was under way.
        let asked = Instant::now();
        let Some(update) = next(&mut updates).await? else {
            return Ok(());
        };
        take_over(shared, load, &update, asked);
        // A store that is always ready must not hold up the other tasks of its thread.
        yield_now().await;
    }
}

async fn next(updates: &mut RevocationUpdates) -> Result<Option<RevocationUpdate>, BoxError> {
    match timeout(TIMEOUT, updates.next()).await {
        Ok(update) => update.transpose(),
        Err(_) => Err("the store has sent nothing for 10 seconds".into()),
    }
}

fn take_over(shared: &Shared, load: &mut Load, update: &RevocationUpdate, asked: Instant) {
    let Some(list) = shared.list.upgrade() else {
        return;
    };
    list.merge(&update.entries, load.found.as_mut());
    // What others have stored, or this process, whose answer was lost.
    shared.queue.remove(&update.entries);
    if !update.is_up_to_date {
        return;
    }
    if !load.is_complete {
        shared.loads.fetch_add(1, Ordering::Relaxed);
        let missing = load.complete(&list);
        trace::revocations_loaded(list.len(), missing.len());
        shared.queue.add(missing);
    }
    shared.failures.clear(Part::Following);
    shared.freshness.confirm(asked);
}

/// A load in progress.
struct Load {
    /// The entries of the list that were found in the store. `None` if it had none at the start:
    /// what was added since waits to be stored anyway.
    found: Option<HashSet<Digest>>,
    is_complete: bool,
}

impl Load {
    fn new(shared: &Shared) -> Self {
        let list = shared.list.upgrade();
        let has_entries = list.is_some_and(|list| list.len() > 0);
        Self {
            found: has_entries.then(HashSet::new),
            is_complete: false,
        }
    }

    /// Returns the entries that the store has lost: it was restarted without its data, or replaced.
    fn complete(&mut self, list: &List) -> Vec<RevocationEntry> {
        self.is_complete = true;
        let found = self.found.take();
        found.map_or_else(Vec::new, |found| list.entries_without(&found))
    }
}
