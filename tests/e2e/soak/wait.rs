//! Waiting for an event, for a limited time.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::health::Health;
use crate::schedule::Schedule;

const MAX_WAIT: Duration = Duration::from_secs(60);

impl Schedule {
    /// Waits until a token of the newest keys was accepted. Returns how long that took.
    pub(crate) async fn until_cached(&mut self, what: &str) -> Duration {
        let begin = Instant::now();
        let newest = self
            .load
            .oracle()
            .current()
            .last()
            .expect("there is one")
            .number;
        self.until(what, async |schedule| {
            schedule.load.oracle().is_cached(newest)
        })
        .await;
        begin.elapsed()
    }

    pub(crate) async fn until_fetched(&mut self, metadata_too: bool) -> u64 {
        let before = self.issuer.fetches().await;
        self.until("a fetch", async |schedule| {
            let now = schedule.issuer.fetches().await;
            now.keys > before.keys && (now.metadata > before.metadata || !metadata_too)
        })
        .await;
        self.issuer.fetches().await.keys - before.keys
    }

    /// Waits for two failures, because the first may be of a fetch that began before. Returns the
    /// number of failures without the first.
    pub(crate) async fn until_failures(&mut self) -> u64 {
        let before = self.health().await.failures;
        self.until("a failure", async |schedule| {
            schedule.health().await.failures > before + 1
        })
        .await;
        (self.health().await.failures - before).saturating_sub(1)
    }

    /// Waits until the condition is true. Records it as missed if that takes too long.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        condition: impl AsyncFn(&mut Self) -> bool,
    ) -> bool {
        let begin = Instant::now();
        while !condition(self).await {
            if begin.elapsed() > MAX_WAIT {
                self.record.missed.push(what.to_owned());
                return false;
            }
            sleep(Duration::from_millis(50)).await;
        }
        true
    }

    pub(crate) async fn health(&self) -> Health {
        Health::of(self.load.server)
            .await
            .map(|all| all[0].clone())
            .unwrap_or_default()
    }
}
