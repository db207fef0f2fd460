//! Storing what this process has revoked.

use std::error::Error as StdError;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Shared;
use super::backoff::Backoff;
use super::failures::Part;
use super::queue::MAX_BATCH;
use crate::revocation::RevocationEntry;

/// How long the store may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Stores the entries of the queue, again and again until they are stored or have ended. After a
/// failure, half as many at a time: more may take longer than the store has time.
pub(super) async fn run(shared: &Shared) {
    let (mut backoff, mut max) = (Backoff::default(), MAX_BATCH);
    loop {
        let now = || shared.list.upgrade().map(|list| list.now());
        let batch = shared.queue.batch(max, now).await;
        match add(shared, &batch).await {
            Ok(()) => {
                shared.queue.remove(&batch);
                shared.failures.clear(Part::Writing);
                backoff.reset();
                max = max.saturating_mul(2).min(MAX_BATCH);
            }
            Err(error) => {
                shared.failures.note(Part::Writing, &error);
                max = batch.len().div_ceil(2);
                sleep(backoff.next()).await;
            }
        }
    }
}

async fn add(
    shared: &Shared,
    batch: &[RevocationEntry],
) -> Result<(), Box<dyn StdError + Send + Sync>> {
    let added = timeout(TIMEOUT, shared.store.add(batch.to_vec())).await;
    added.unwrap_or_else(|_| Err("the store did not respond for 10 seconds".into()))
}
