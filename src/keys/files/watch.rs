//! Files that are read again and again while they are used.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::event::FilesEvent;
use super::lock;
use super::reload::{Running, run};
use super::scan::{Scan, Scanned};
use super::subscription::Subscription;
use crate::algorithm::AlgorithmSet;
use crate::clock::Clock;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;
use crate::keys::{KeyFilesHealth, KeyQuery, KeySource, Keys, KeysFuture};

/// Files that are read again and again. Clones share them.
#[derive(Clone)]
pub struct KeyFiles(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) keys: ArcSwap<KeySet>,
    /// The algorithms of an issuer with these files, unless it has others.
    algorithms: AlgorithmSet,
    pub(super) interval: Duration,
    pub(super) clock: Arc<dyn Clock>,
    /// Locked by the thread that scans, for as long as the disk takes.
    pub(super) scan: Mutex<Box<dyn Scan>>,
    /// Held during a scan and its confirmation, so that no more than one thread is blocked. The
    /// thread itself holds it: who waits for it may give up.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    /// Locked briefly.
    pub(super) state: Mutex<State>,
    /// Whether a task scans. Relaxed: no other memory is published through it, and a swap is atomic
    /// under any ordering, so that one caller starts the task.
    pub(super) is_running: AtomicBool,
    /// What the files are called in logs, if no issuer has them.
    pub(super) shown: String,
}

pub(super) struct State {
    pub(super) health: KeyFilesHealth,
    pub(super) last_scan: Instant,
    pub(super) subscribers: Vec<Weak<Subscription>>,
    /// What the first scan has found, for those that subscribe after it.
    pub(super) initial: Vec<FilesEvent>,
    /// The text of the last error, so that it is reported once.
    pub(super) last_error: Option<String>,
}

impl KeyFiles {
    /// Scans the files for the first time, on this thread.
    ///
    /// # Errors
    ///
    /// If any of them can't be used.
    pub(super) fn new(
        mut scan: Box<dyn Scan>,
        shown: String,
        interval: Duration,
        clock: Arc<dyn Clock>,
        algorithms: AlgorithmSet,
    ) -> Result<Self, ConfigError> {
        let Scanned {
            changed,
            events,
            error,
            secrets,
            ..
        } = scan.scan(clock.now());
        if let Some(error) = error {
            return Err(error);
        }
        let change = changed.ok_or_else(|| {
            let message = format!("{shown}: changes while it is read");
            ConfigError::new(ConfigErrorKind::UnusableFile, message)
        })?;
        let keys = Arc::new(change.keys);
        let changed = FilesEvent::Changed {
            keys: Arc::clone(&keys),
            added: change.added,
            removed: change.removed,
        };
        let state = State {
            health: KeyFilesHealth::first(secrets),
            last_scan: Instant::now(),
            subscribers: Vec::new(),
            initial: [changed].into_iter().chain(events).collect(),
            last_error: None,
        };
        Ok(Self(Arc::new(Shared {
            algorithms: algorithms.union(keys.algorithms()),
            keys: ArcSwap::new(keys),
            interval,
            clock,
            scan: Mutex::new(scan),
            turn: Arc::default(),
            state: Mutex::new(state),
            is_running: AtomicBool::new(false),
            shown,
        })))
    }

    /// Returns the algorithms of an issuer with these files, unless it has others.
    pub(crate) fn algorithms(&self) -> AlgorithmSet {
        self.0.algorithms
    }

    #[cold]
    fn start(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !self.0.is_running.swap(true, Relaxed) {
            drop(runtime.spawn(run(Running::new(&self.0))));
        }
    }

    /// Returns the state of the files.
    pub(crate) fn health(&self) -> KeyFilesHealth {
        let state = lock(&self.0.state);
        KeyFilesHealth {
            age: state.last_scan.elapsed(),
            ..state.health.clone()
        }
    }
}

impl KeySource for KeyFiles {
    /// Has the files scanned from now on, if this thread is in a runtime.
    fn current(&self) -> Option<Keys<'_>> {
        if !self.0.is_running.load(Relaxed) {
            self.start();
        }
        Some(Keys::of_files(self.0.keys.load()))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        let files = self.clone();
        Box::pin(async move {
            files.reload_for_unknown_key().await;
            Ok(())
        })
    }

    fn key_files(&self) -> Option<&KeyFiles> {
        Some(self)
    }
}

impl fmt::Debug for KeyFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFiles")
            .field("files", &self.0.shown)
            .field("keys", &**self.0.keys.load())
            .field("interval", &self.0.interval)
            .finish_non_exhaustive()
    }
}
