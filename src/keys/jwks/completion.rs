//! The end of a fetch: the changes to the cache, and the events.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::after;
use super::cache::Shared;
use super::fetch::Fetched;
use super::fetch_error::FetchError;
use super::fetch_state::{FetchStart, FetchState, ReportedStaleness};
use super::snapshot::Snapshot;
use super::snapshot_file::SnapshotRecord;
use super::snapshot_writer::PendingSnapshot;
use crate::keys::event::KeysEvent;
use crate::keys::source::KeysError;

impl Shared {
    /// Applies the outcome of a fetch, unless another one has replaced it.
    pub(super) fn complete(
        &self,
        fetch_id: u64,
        outcome: Result<Fetched, FetchError>,
    ) -> Result<(), KeysError> {
        let completed = match outcome {
            Ok(fetched) => self.complete_with_keys(fetch_id, fetched),
            Err(cause) => self.fail(fetch_id, cause),
        };
        self.context.fetch_ended.notify_one();
        completed
    }

    fn complete_with_keys(&self, fetch_id: u64, fetched: Fetched) -> Result<(), KeysError> {
        let now = Instant::now();
        let mut state = self.lock_state();
        let start = state.finish(fetch_id).ok_or_else(|| self.timed_out())?;
        let snapshot = Arc::new(self.next_snapshot(fetched, now));
        self.snapshot.store(Arc::clone(&snapshot));
        let failures = state.failures();
        state.succeed();
        self.negative_cache.clear();
        self.grace.close();
        drop(state);
        self.save(fetch_id, snapshot.record());
        self.context.report(&KeysEvent::Fetched {
            keys: snapshot.keys(),
            duration: now.saturating_duration_since(start.at),
        });
        if failures > 0 {
            self.context.report(&KeysEvent::Recovered { failures });
        }
        Ok(())
    }

    /// Records a failed fetch. The cached keys are from now on usable when stale. An empty set
    /// withdraws them.
    fn fail(&self, fetch_id: u64, cause: FetchError) -> Result<(), KeysError> {
        let (now, cause) = (Instant::now(), Arc::new(cause));
        let mut state = self.lock_state();
        let start = state.finish(fetch_id).ok_or_else(|| self.timed_out())?;
        if state.is_overdue(start, now) {
            self.abort(&mut state, start, cause, now);
            return Err(self.timed_out());
        }
        let failure = state.fail(Arc::clone(&cause), start, &self.context.settings, now);
        let error = failure.error(now);
        // Until the end of the next fetch, which starts then.
        self.extend_grace(failure.retry_at);
        let failures = state.failures();
        let is_empty_set = cause.is_empty_set();
        let withdrawal = is_empty_set.then(|| self.withdraw(now)).flatten();
        let record = is_empty_set.then(|| self.snapshot.load().record());
        let staleness = self.staleness_event(&mut state, now);
        drop(state);
        if let Some(record) = record.filter(|record| record.withdrawn_at.is_some()) {
            // Also when it was withdrawn before: the file may not have been written then.
            self.save(fetch_id, record);
        }
        let event = KeysEvent::FetchFailed {
            error: &*cause,
            failures,
            duration: now.saturating_duration_since(start.at),
        };
        let is_known = !self.may_be_made_up.load(Relaxed);
        self.context.report_as(&event, is_known);
        for event in withdrawal.into_iter().chain(staleness) {
            self.context.report(&event);
        }
        Err(error)
    }

    /// Ends a fetch whose failure says nothing about the issuer: its runtime was shut down, or the
    /// process was frozen. The next one may start at once.
    pub(super) fn abort(
        &self,
        state: &mut FetchState,
        start: FetchStart,
        cause: Arc<FetchError>,
        now: Instant,
    ) {
        if state.last_failure.is_none() {
            // Only once: a series of aborted fetches must not extend the grace forever.
            self.extend_grace(now);
        }
        state.abort(cause, start.reason, now);
    }

    /// Limits the use of the cached keys, after the issuer has sent a set without a usable key.
    /// Returns the event, the first time only. To be called with the state locked.
    fn withdraw(&self, now: Instant) -> Option<KeysEvent<'static>> {
        let snapshot = self.snapshot.load();
        if snapshot.withdrawn_at().is_some() || !snapshot.is_unexpired(now) {
            return None;
        }
        let grace = self.context.settings.withdrawal_grace;
        let withdrawn = snapshot.withdrawn(SystemTime::now(), after(now, grace));
        self.snapshot.store(Arc::new(withdrawn));
        Some(KeysEvent::Withdrawn { grace })
    }

    /// Returns the event for keys that have become stale or expired, the first time only.
    fn staleness_event(&self, state: &mut FetchState, now: Instant) -> Option<KeysEvent<'static>> {
        let snapshot = self.snapshot.load();
        let (staleness, event) = match (snapshot.is_stale(now), snapshot.is_unexpired(now)) {
            (false, _) => return None,
            (true, true) => (ReportedStaleness::Stale, KeysEvent::Stale),
            (true, false) => (ReportedStaleness::Expired, KeysEvent::Expired),
        };
        let reported = std::mem::replace(&mut state.reported_staleness, staleness);
        (reported < staleness).then_some(event)
    }

    /// Writes the snapshot file, on a thread for blocking work.
    fn save(&self, fetch_id: u64, record: SnapshotRecord) {
        let Some(writer) = &self.context.snapshot_writer else {
            return;
        };
        writer.submit(PendingSnapshot { fetch_id, record });
        let context = Arc::clone(&self.context);
        // Does not panic: this runs in the task of a fetch, so there is a runtime.
        drop(Handle::current().spawn_blocking(move || context.write_snapshot()));
    }

    fn next_snapshot(&self, fetched: Fetched, now: Instant) -> Snapshot {
        let (current, settings) = (self.snapshot.load(), &self.context.settings);
        match fetched {
            Fetched::New { keys, response } => {
                let keys = current.reuse_keys(keys, &response.body);
                Snapshot::new(keys, response, settings, now)
            }
            Fetched::Unchanged { headers } => current.renewed(&headers, settings, now),
        }
    }
}
