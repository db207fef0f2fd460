//! Waiting for what was to happen, and not for ever.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::health::Health;
use crate::schedule::Schedule;

const MAX_WAIT: Duration = Duration::from_secs(60);

impl Schedule {
    /// Until a client was let in by the newest keys.
    pub(crate) async fn until_known(&mut self, what: &str) -> Duration {
        let begin = Instant::now();
        let newest = self
            .range
            .book()
            .current()
            .last()
            .expect("there is one")
            .number;
        self.until(what, async |schedule| {
            schedule.range.book().is_known(newest)
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

    /// Two, because the first may be of a fetch that began before.
    pub(crate) async fn until_failures(&mut self) -> u64 {
        let before = self.health().await.failures;
        self.until("a failure", async |schedule| {
            schedule.health().await.failures > before + 1
        })
        .await;
        (self.health().await.failures - before).saturating_sub(1)
    }

    /// Looks until it is so; notes if it isn't in time.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        is_so: impl AsyncFn(&mut Self) -> bool,
    ) -> bool {
        let begin = Instant::now();
        while !is_so(self).await {
            if begin.elapsed() > MAX_WAIT {
                self.record.missed.push(what.to_owned());
                return false;
            }
            sleep(Duration::from_millis(50)).await;
        }
        true
    }

    pub(crate) async fn health(&self) -> Health {
        Health::of(self.range.server)
            .await
            .map(|all| all[0].clone())
            .unwrap_or_default()
    }
}
