//! Writing snapshots on threads for blocking work: one thread at a time, however slow the disk is.

use std::io;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::snapshot_file::SnapshotFile;
use super::{lock, try_lock};

/// What is to be written.
pub(super) struct PendingSnapshot {
    /// The id of the fetch that brought it. Later fetches have greater ids.
    pub(super) fetch_id: u64,
    pub(super) change: Change,
    /// When the keys were fetched, or withdrawn.
    pub(super) time: SystemTime,
}

/// What a fetch changes about the file.
pub(super) enum Change {
    /// Other keys, or the same ones with new times.
    Keys {
        /// The JWK set as it was fetched.
        body: Bytes,
        ttl: Duration,
    },
    /// The keys in the file were withdrawn.
    Withdrawal,
}

/// Writes the newest keys, with no more than one thread. Otherwise threads would pile up on a disk
/// that hangs, one for each fetch.
///
/// Lock order: `writing` before `pending`. `pending` is held briefly. `writing` is held during the
/// write and the report of its error, and is only ever tried, so no thread waits for it.
pub(super) struct SnapshotWriter {
    pub(super) file: SnapshotFile,
    /// The newest keys that no thread writes yet, and their withdrawal.
    pending: Mutex<Vec<PendingSnapshot>>,
    /// Locked by the thread that writes.
    writing: Mutex<Written>,
}

/// What was written.
struct Written {
    /// The id of the last fetch whose change a thread has tried to write.
    fetch_id: u64,
    /// Whether newer keys could not be written, so that the file may have older ones.
    has_old_keys: bool,
}

impl SnapshotWriter {
    pub(super) const fn new(file: SnapshotFile) -> Self {
        Self {
            file,
            pending: Mutex::new(Vec::new()),
            writing: Mutex::new(Written {
                fetch_id: 0,
                has_old_keys: false,
            }),
        }
    }

    /// Submits keys for [`write`](SnapshotWriter::write), unless those of a later fetch are
    /// pending: threads may overtake each other.
    pub(super) fn submit(&self, snapshot: PendingSnapshot) {
        let mut pending = lock(&self.pending);
        let is_withdrawal = |one: &PendingSnapshot| matches!(one.change, Change::Withdrawal);
        match pending.last() {
            Some(last) if last.fetch_id >= snapshot.fetch_id => return,
            Some(last) if is_withdrawal(last) && is_withdrawal(&snapshot) => return,
            _ => {}
        }
        // A withdrawal is of the keys before it. Other keys end it.
        if !is_withdrawal(&snapshot) {
            pending.clear();
        }
        pending.push(snapshot);
    }

    /// Writes the pending keys. If another thread is writing, returns at once: that thread looks
    /// for pending keys when it is done.
    pub(super) fn write(&self, on_error: impl Fn(&io::Error)) {
        while !lock(&self.pending).is_empty() {
            let Some(mut written) = try_lock(&self.writing) else {
                return;
            };
            let pending = std::mem::take(&mut *lock(&self.pending));
            for snapshot in &pending {
                self.write_one(snapshot, &mut written, &on_error);
            }
        }
    }

    fn write_one(
        &self,
        snapshot: &PendingSnapshot,
        written: &mut Written,
        on_error: impl Fn(&io::Error),
    ) {
        if snapshot.fetch_id <= written.fetch_id {
            return;
        }
        written.fetch_id = snapshot.fetch_id;
        let is_withdrawal = matches!(snapshot.change, Change::Withdrawal);
        let outcome = if is_withdrawal && written.has_old_keys {
            // Not only the last keys were withdrawn, but also those that had replaced the file's.
            self.file.remove()
        } else {
            self.file.write(snapshot)
        };
        if !is_withdrawal {
            written.has_old_keys = outcome.is_err();
        }
        if let Err(error) = outcome {
            on_error(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::JwksCacheSettings;

    fn snapshot(fetch_id: u64, key_id: &str) -> PendingSnapshot {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{key_id}","x":"{x}"}}"#);
        PendingSnapshot {
            fetch_id,
            change: Change::Keys {
                body: format!(r#"{{"keys":[{key}]}}"#).into(),
                ttl: Duration::from_secs(600),
            },
            time: SystemTime::now(),
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

    #[cfg(unix)]
    #[test]
    fn a_withdrawal_of_keys_that_could_not_be_written_removes_the_older_ones() {
        use std::os::unix::fs::PermissionsExt as _;
        let key_id = key_id_after(|writer| {
            let mode = |mode| {
                let dir = writer.file.dir();
                std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode)).unwrap();
            };
            writer.submit(snapshot(1, "first"));
            writer.write(no_error);
            // Not trusted, so not written.
            mode(0o777);
            writer.submit(snapshot(2, "second"));
            writer.write(|_| ());
            mode(0o700);
            let withdrawal = PendingSnapshot {
                change: Change::Withdrawal,
                ..snapshot(3, "none")
            };
            writer.submit(withdrawal);
            writer.write(no_error);
        });
        assert_eq!(key_id, None);
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
            assert!(lock(&writer.pending).is_empty());
        });
        assert_eq!(key_id.as_deref(), Some("second"));
    }
}
