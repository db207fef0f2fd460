//! Writing the keys to their file, beside the runtime's workers: one thread at a time, however long the disk takes.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::store::Store;

/// Keys to be written: a JWK set as it was fetched.
pub(super) struct Page {
    pub(super) flight: u64,
    pub(super) body: Bytes,
    pub(super) life: Duration,
    pub(super) fetched: SystemTime,
}

/// Has the newest keys written, and no two threads at it: on a disk that hangs they would pile up, one a fetch.
pub(super) struct Writer {
    pub(super) store: Store,
    /// The newest keys that nobody writes yet.
    left: Mutex<Option<Page>>,
    /// Held by the thread that writes: the number of the flight whose keys are in the file.
    pen: Mutex<u64>,
}

impl Writer {
    pub(super) const fn new(store: Store) -> Self {
        Self {
            store,
            left: Mutex::new(None),
            pen: Mutex::new(0),
        }
    }

    /// Leaves keys for [`write`](Writer::write), unless those of a later flight are there: threads may overtake one
    /// another.
    pub(super) fn leave(&self, page: Page) {
        let mut left = self.left();
        if left.as_ref().is_none_or(|other| other.flight < page.flight) {
            *left = Some(page);
        }
    }

    /// Writes what was left. Where another thread is at it, that one looks again when it is done.
    pub(super) fn write(&self, failed: impl Fn(&io::Error)) {
        while self.left().is_some() {
            let Some(mut newest) = self.pen() else { return };
            let Some(page) = self.left().take().filter(|page| page.flight > *newest) else {
                continue;
            };
            *newest = page.flight;
            if let Err(error) = self.store.write(&page) {
                failed(&error);
            }
        }
    }

    fn left(&self) -> MutexGuard<'_, Option<Page>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pen(&self) -> Option<MutexGuard<'_, u64>> {
        match self.pen.try_lock() {
            Ok(newest) => Some(newest),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(flight: u64, key_id: &str) -> Page {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let body =
            format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{key_id}","x":"{x}"}}]}}"#)
                .into();
        Page {
            flight,
            body,
            life: Duration::from_secs(600),
            fetched: SystemTime::now(),
        }
    }

    /// The id of the key that is kept after what was done.
    fn kept(name: &str, act: impl FnOnce(&Writer)) -> Option<String> {
        let folder =
            std::env::temp_dir().join(format!("tower-jwt-auth-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::new(
            &folder,
            "https://issuer.example",
            "discovery".to_owned(),
            1 << 20,
        )
        .unwrap();
        let writer = Writer::new(store);
        act(&writer);
        let restored = writer
            .store
            .read(Duration::ZERO, SystemTime::now())
            .unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        Some(restored?.keys.keys().next()?.key_id()?.to_owned())
    }

    fn well(error: &io::Error) {
        panic!("{error}");
    }

    #[test]
    fn keys_of_an_earlier_flight_do_not_replace_those_of_a_later_one() {
        let written = |writer: &Writer, pages: [(u64, &str); 3]| {
            for (flight, key_id) in pages {
                writer.leave(page(flight, key_id));
                writer.write(well);
            }
        };
        let order = [(1, "first"), (3, "third"), (2, "second")];
        assert_eq!(
            kept("written", |writer| written(writer, order)).as_deref(),
            Some("third")
        );
        let left = |writer: &Writer| {
            for (flight, key_id) in order {
                writer.leave(page(flight, key_id));
            }
            writer.write(well);
        };
        assert_eq!(kept("left", left).as_deref(), Some("third"));
    }

    #[test]
    fn while_somebody_writes_nobody_else_waits_and_what_is_left_meanwhile_is_written_next() {
        let act = |writer: &Writer| {
            writer.leave(page(1, "first"));
            let pen = writer.pen().unwrap();
            writer.write(well);
            writer.leave(page(2, "second"));
            writer.write(well);
            assert!(
                writer
                    .store
                    .read(Duration::ZERO, SystemTime::now())
                    .unwrap()
                    .is_none()
            );
            drop(pen);
            writer.write(well);
            assert!(writer.left().is_none());
        };
        assert_eq!(kept("meanwhile", act).as_deref(), Some("second"));
    }
}
