//! Writing snapshots on threads for blocking work: one thread at a time, however slow the disk is.

use std::io;
use std::sync::Mutex;

use super::snapshot_file::{SnapshotFile, SnapshotRecord};
use super::{lock, try_lock};

/// What is to be written.
pub(super) struct PendingSnapshot {
    /// The id of the fetch that brought or withdrew it. Later fetches have greater ids.
    pub(super) fetch_id: u64,
    pub(super) record: SnapshotRecord,
}

/// Writes the newest snapshot, with no more than one thread. Otherwise threads would pile up on a
/// disk that hangs, one for each fetch.
///
/// Lock order: `writing` before `pending`. `pending` is held briefly. `writing` is held during the
/// write and the report of its error. Once something is written, it is only ever tried, so no
/// thread waits for it.
pub(super) struct SnapshotWriter {
    pub(super) file: SnapshotFile,
    /// The newest snapshot that no thread writes yet.
    pending: Mutex<Option<PendingSnapshot>>,
    /// Locked by the thread that writes.
    writing: Mutex<Written>,
}

/// What was written.
#[derive(Default)]
struct Written {
    /// The id of the last fetch whose snapshot a thread has tried to write.
    fetch_id: u64,
    /// The content of the file, unless writing it failed.
    record: Option<SnapshotRecord>,
}

impl SnapshotWriter {
    pub(super) fn new(file: SnapshotFile) -> Self {
        Self {
            file,
            pending: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// Notes what the file has, so that it is not written again.
    pub(super) fn note_restored(&self, record: SnapshotRecord) {
        lock(&self.writing).record = Some(record);
    }

    /// Submits a snapshot for [`write`](SnapshotWriter::write), unless that of a later fetch is
    /// pending: threads may overtake each other.
    pub(super) fn submit(&self, snapshot: PendingSnapshot) {
        let mut pending = lock(&self.pending);
        if pending
            .as_ref()
            .is_none_or(|other| other.fetch_id < snapshot.fetch_id)
        {
            *pending = Some(snapshot);
        }
    }

    /// Writes the pending snapshot. If another thread is writing, returns at once: that thread
    /// looks for a pending one when it is done.
    pub(super) fn write(&self, on_error: impl Fn(&io::Error)) {
        while lock(&self.pending).is_some() {
            let Some(mut written) = try_lock(&self.writing) else {
                return;
            };
            // In a statement of its own, so that the lock is not held during the write.
            let pending = lock(&self.pending).take();
            if let Some(snapshot) = pending {
                self.write_one(snapshot, &mut written, &on_error);
            }
        }
    }

    fn write_one(
        &self,
        snapshot: PendingSnapshot,
        written: &mut Written,
        on_error: impl Fn(&io::Error),
    ) {
        let PendingSnapshot { fetch_id, record } = snapshot;
        if fetch_id <= written.fetch_id {
            return;
        }
        written.fetch_id = fetch_id;
        // A withdrawal is submitted with each set that is still empty.
        if written.record.as_ref() == Some(&record) {
            return;
        }
        let outcome = self.file.write(&record);
        written.record = outcome.is_ok().then_some(record);
        if let Err(error) = outcome {
            on_error(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::keys::JwksCacheSettings;

    fn snapshot(fetch_id: u64, key_id: &str) -> PendingSnapshot {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{key_id}","x":"{x}"}}"#);
        PendingSnapshot {
            fetch_id,
            record: SnapshotRecord {
                body: format!(r#"{{"keys":[{key}]}}"#).into(),
                ttl: Duration::from_secs(600),
                fetched_at: SystemTime::now(),
                withdrawn_at: None,
            },
        }
    }

    /// Returns the id of the key in the file after `act`.
    fn key_id_after(act: impl FnOnce(&SnapshotWriter)) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let (issuer, source) = ("https://issuer.example", "discovery".to_owned());
        let file = SnapshotFile::new(dir.path(), issuer, source, 1 << 20).unwrap();
        let writer = SnapshotWriter::new(file);
        act(&writer);
        let restored = writer
            .file
            .read(&JwksCacheSettings::default(), SystemTime::now())
            .unwrap()?;
        Some(restored.keys.keys().next()?.key_id()?.to_owned())
    }

    fn no_error(error: &io::Error) {
        panic!("{error}");
    }

    const OUT_OF_ORDER: [(u64, &str); 3] = [(1, "first"), (3, "third"), (2, "second")];

    #[test]
    fn keys_of_an_earlier_fetch_do_not_replace_written_keys_of_a_later_one() {
        let key_id = key_id_after(|writer| {
            for (fetch_id, key_id) in OUT_OF_ORDER {
                writer.submit(snapshot(fetch_id, key_id));
                writer.write(no_error);
            }
        });
        assert_eq!(key_id.as_deref(), Some("third"));
    }

    #[test]
    fn keys_of_an_earlier_fetch_do_not_replace_pending_keys_of_a_later_one() {
        let key_id = key_id_after(|writer| {
            for (fetch_id, key_id) in OUT_OF_ORDER {
                writer.submit(snapshot(fetch_id, key_id));
            }
            writer.write(no_error);
        });
        assert_eq!(key_id.as_deref(), Some("third"));
    }

    #[test]
    fn while_one_thread_writes_no_other_waits_and_keys_submitted_meanwhile_are_written_next() {
        let key_id = key_id_after(|writer| {
            writer.submit(snapshot(1, "first"));
            let writing = try_lock(&writer.writing).unwrap();
            writer.write(no_error);
            writer.submit(snapshot(2, "second"));
            writer.write(no_error);
            let settings = JwksCacheSettings::default();
            let read = writer.file.read(&settings, SystemTime::now());
            assert!(read.unwrap().is_none());
            drop(writing);
            writer.write(no_error);
            assert!(lock(&writer.pending).is_none());
        });
        assert_eq!(key_id.as_deref(), Some("second"));
    }
}
