//! A store of revocations in memory, which fails on demand.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::stream::unfold;
use tokio::time::sleep;
use tower_jwt_auth::{
    RevocationEntry, RevocationStore, RevocationStoreFuture, RevocationUpdate, RevocationUpdates,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Answers with an error.
    Fails,
    /// Answers nothing.
    Hangs,
    /// Takes no entries.
    RejectsWrites,
    /// Takes at most 100 entries at a time: more take longer than its time limit.
    RejectsMany,
    /// Stores entries, and answers with an error.
    LosesAnswers,
}

/// Clones share their entries.
#[derive(Clone, Default)]
pub(crate) struct MemoryRevocationStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    fault: Fault,
    log: Vec<RevocationEntry>,
    adds: usize,
    follows: usize,
    /// Entries that are there when they are read, and not before.
    streams: usize,
}

/// A stream that is followed. Counted until it is dropped.
struct Stream(MemoryRevocationStore, Option<usize>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.lock().streams -= 1;
    }
}

impl MemoryRevocationStore {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    /// Forgets everything, and ends the streams.
    pub(crate) fn lose_data(&self) {
        self.lock().log.clear();
    }

    /// Returns the entries, each once.
    pub(crate) fn entries(&self) -> Vec<RevocationEntry> {
        let mut entries = HashMap::new();
        for entry in &self.lock().log {
            entries.insert(entry.id(), *entry);
        }
        entries.into_values().collect()
    }

    pub(crate) fn push(&self, entry: RevocationEntry) {
        self.lock().log.push(entry);
    }

    /// Returns how often entries were added, or tried.
    pub(crate) fn adds(&self) -> usize {
        self.lock().adds
    }

    /// Returns how often the list was loaded, or tried.
    pub(crate) fn follows(&self) -> usize {
        self.lock().follows
    }

    /// Returns the number of lists that follow now.
    pub(crate) fn followers(&self) -> usize {
        self.lock().streams
    }

    async fn answer(&self) -> Result<(), &'static str> {
        let fault = self.lock().fault;
        match fault {
            Fault::Fails => Err("the store is down"),
            Fault::Hangs => pending().await,
            _ => Ok(()),
        }
    }
}

impl RevocationStore for MemoryRevocationStore {
    fn add(&self, entries: Vec<RevocationEntry>) -> RevocationStoreFuture {
        let this = self.clone();
        Box::pin(async move {
            this.lock().adds += 1;
            this.answer().await?;
            let mut state = this.lock();
            let is_rejected = match state.fault {
                Fault::RejectsWrites => true,
                Fault::RejectsMany => entries.len() > 100,
                _ => false,
            };
            if is_rejected {
                return Err("the store is full".into());
            }
            state.log.extend(entries);
            match state.fault {
                Fault::LosesAnswers => Err("the answer was lost".into()),
                _ => Ok(()),
            }
        })
    }

    fn follow(&self) -> RevocationUpdates {
        let mut state = self.lock();
        state.follows += 1;
        state.streams += 1;
        drop(state);
        Box::pin(unfold(Stream(self.clone(), None), async |mut stream| {
            let start = stream.1;
            for _ in 0..100 {
                if let Err(error) = stream.0.answer().await {
                    return Some((Err(error.into()), stream));
                }
                let log = stream.0.lock().log.clone();
                let new = log.get(start.unwrap_or(0)..)?.to_vec();
                if start.is_none() || !new.is_empty() {
                    stream.1 = Some(log.len());
                    return Some((Ok(RevocationUpdate::up_to_date(new)), stream));
                }
                sleep(Duration::from_millis(10)).await;
            }
            Some((Ok(RevocationUpdate::up_to_date(Vec::new())), stream))
        }))
    }
}
