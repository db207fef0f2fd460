//! A source whose keys can be replaced, as those of files or of a secret manager.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tower_jwt_auth::{KeyQuery, KeySet, KeySource, Keys, KeysFuture};

/// A source of keys. Clones share the keys.
#[derive(Clone)]
pub(crate) struct ReplaceableKeys(Arc<State>);

struct State {
    keys: Mutex<Arc<KeySet>>,
    reads: AtomicUsize,
}

impl ReplaceableKeys {
    pub(crate) fn new(keys: KeySet) -> Self {
        Self(Arc::new(State {
            keys: Mutex::new(Arc::new(keys)),
            reads: AtomicUsize::new(0),
        }))
    }

    pub(crate) fn replace(&self, keys: KeySet) {
        *self.0.keys.lock().unwrap() = Arc::new(keys);
    }

    /// Returns how often the keys have been read.
    pub(crate) fn reads(&self) -> usize {
        self.0.reads.load(Relaxed)
    }
}

impl KeySource for ReplaceableKeys {
    fn current(&self) -> Option<Keys<'_>> {
        self.0.reads.fetch_add(1, Relaxed);
        Some(Keys::from(Arc::clone(&self.0.keys.lock().unwrap())))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}
