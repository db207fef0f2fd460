//! Files that are looked at again and again while they are used.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::event::FilesEvent;
use super::lock;
use super::look::{Look, Seen};
use crate::algorithm::AlgorithmSet;
use crate::clock::Clock;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;
use crate::keys::{KeyFilesHealth, Keys, Observer};

/// A token with an unknown `kid` causes a look at most once in this time.
const MIN_UNKNOWN_INTERVAL: Duration = Duration::from_secs(1);
/// How long a token with an unknown `kid` waits for a look. A disk can hang.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// The maximum time between the two looks that find a file removed, whatever the interval is.
const MAX_CONFIRMATION: Duration = Duration::from_secs(1);

/// Files that are looked at again and again. Clones share them.
#[derive(Clone)]
pub struct KeyFiles(Arc<Shared>);

struct Shared {
    keys: ArcSwap<KeySet>,
    /// The algorithms of an issuer with these files, unless it has others.
    algorithms: AlgorithmSet,
    interval: Duration,
    clock: Arc<dyn Clock>,
    /// Locked by the thread that looks, for as long as the disk takes.
    look: Mutex<Box<dyn Look>>,
    /// Held during a look and its confirmation, so that no more than one thread is blocked. The
    /// thread itself holds it: who waits for it may give up.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Locked briefly.
    state: Mutex<State>,
    /// Whether a task looks. Relaxed: no other memory is published through it, and a swap is atomic
    /// under any ordering, so that one caller starts the task.
    is_running: AtomicBool,
    /// What the files are called in logs, if no issuer has them.
    shown: String,
}

struct State {
    health: KeyFilesHealth,
    last_look: Instant,
    subscribers: Vec<Weak<Subscription>>,
    /// What the first look has found, for those that subscribe after it.
    initial: Vec<FilesEvent>,
    /// The text of the last error, so that it is reported once.
    last_error: Option<String>,
}

/// An issuer that has files, which is told what happens to them.
pub(crate) struct Subscription {
    issuer: String,
    observer: Option<Observer>,
}

impl KeyFiles {
    /// Looks at the files for the first time, on this thread.
    ///
    /// # Errors
    ///
    /// If any of them can't be used.
    pub(super) fn new(
        mut look: Box<dyn Look>,
        shown: String,
        interval: Duration,
        clock: Arc<dyn Clock>,
        algorithms: AlgorithmSet,
    ) -> Result<Self, ConfigError> {
        let Seen {
            changed,
            events,
            error,
            secrets,
            ..
        } = look.look(clock.now());
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
            last_look: Instant::now(),
            subscribers: Vec::new(),
            initial: [changed].into_iter().chain(events).collect(),
            last_error: None,
        };
        Ok(Self(Arc::new(Shared {
            algorithms: algorithms.union(keys.algorithms()),
            keys: ArcSwap::new(keys),
            interval,
            clock,
            look: Mutex::new(look),
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

    /// Tells an issuer what happens to the files, from what was found at first on.
    pub(crate) fn subscribe(&self, issuer: &str, observer: Option<Observer>) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription {
            issuer: issuer.to_owned(),
            observer,
        });
        let mut state = lock(&self.0.state);
        state.subscribers.retain(|other| other.strong_count() > 0);
        state.subscribers.push(Arc::downgrade(&subscription));
        let initial = state.initial.clone();
        drop(state);
        for event in initial {
            event.report(issuer, subscription.observer.as_ref());
        }
        subscription
    }

    /// Returns the current keys, and has them looked at from now on, if this thread is in a
    /// runtime.
    pub(super) fn current(&self) -> Keys<'_> {
        if !self.0.is_running.load(Relaxed) {
            self.start();
        }
        Keys::of_files(self.0.keys.load())
    }

    #[cold]
    fn start(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !self.0.is_running.swap(true, Relaxed) {
            drop(runtime.spawn(run(Running(Arc::downgrade(&self.0)))));
        }
    }

    /// Looks at the files now.
    pub(super) async fn reload(&self) -> Result<(), ConfigError> {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        Arc::clone(&self.0).look_and_confirm(turn).await
    }

    /// Looks at the files for a token whose key is unknown, unless that was done a moment ago.
    pub(super) async fn reload_for_unknown_key(self) {
        let look = async {
            let turn = Arc::clone(&self.0.turn).lock_owned().await;
            let last_look = lock(&self.0.state).last_look;
            if last_look.elapsed() >= MIN_UNKNOWN_INTERVAL {
                // What fails is reported.
                drop(Arc::clone(&self.0).look_on_another_thread(turn).await);
            }
        };
        let _ = timeout(MAX_WAIT, look).await;
    }

    /// Returns the state of the files.
    pub(crate) fn health(&self) -> KeyFilesHealth {
        let state = lock(&self.0.state);
        KeyFilesHealth {
            age: state.last_look.elapsed(),
            ..state.health.clone()
        }
    }
}

impl Shared {
    /// Looks at the files. If one is absent, looks again a moment later: only one that is absent
    /// twice in a row is removed, since what replaces files may remove them first.
    async fn look_and_confirm(self: Arc<Self>, turn: Turn) -> Result<(), ConfigError> {
        let (outcome, turn) = Arc::clone(&self).look_on_another_thread(turn).await;
        let Some(turn) = turn.filter(|_| outcome.is_absent) else {
            return outcome.result;
        };
        sleep(self.interval.div_f64(10.0).min(MAX_CONFIRMATION)).await;
        self.look_on_another_thread(turn).await.0.result
    }

    /// Returns the turn with the outcome, unless the look was interrupted.
    async fn look_on_another_thread(self: Arc<Self>, turn: Turn) -> (Outcome, Option<Turn>) {
        let looked = spawn_blocking(move || (self.look_now(), Some(turn))).await;
        looked.unwrap_or_else(|_| (Outcome::interrupted(), None))
    }

    /// Returns the time until the next look is due: none if this task starts late, such as with a
    /// first request long after the start.
    fn time_to_look(&self) -> Duration {
        let age = lock(&self.state).last_look.elapsed();
        self.interval.saturating_sub(age)
    }

    /// Looks at the files on this thread.
    fn look_now(&self) -> Outcome {
        let seen = lock(&self.look).look(self.clock.now());
        let is_absent = seen.is_absent;
        let result = seen.error.clone().map_or(Ok(()), Err);
        let events = self.take_over(seen);
        for event in events {
            self.report(&event);
        }
        Outcome { result, is_absent }
    }

    /// Takes over what was seen. Returns what is to be reported.
    fn take_over(&self, seen: Seen) -> Vec<FilesEvent> {
        let mut events = Vec::new();
        if let Some(change) = seen.changed {
            let keys = Arc::new(change.keys);
            self.keys.store(Arc::clone(&keys));
            events.push(FilesEvent::Changed {
                keys,
                added: change.added,
                removed: change.removed,
            });
        }
        events.extend(seen.events);
        let mut state = lock(&self.state);
        state.last_look = Instant::now();
        let is_known = state.last_error == seen.error.as_ref().map(ToString::to_string);
        let before = state.health.update(seen.secrets, seen.error.as_ref());
        state.last_error = seen.error.as_ref().map(ToString::to_string);
        match seen.error {
            Some(error) if !is_known => {
                let failures = state.health.failures;
                events.push(FilesEvent::Failed { error, failures });
            }
            None if before > 0 => events.push(FilesEvent::Recovered { failures: before }),
            _ => {}
        }
        events
    }

    fn report(&self, event: &FilesEvent) {
        let subscribers: Vec<_> = {
            let state = lock(&self.state);
            state.subscribers.iter().filter_map(Weak::upgrade).collect()
        };
        if subscribers.is_empty() {
            event.report(&self.shown, None);
        }
        for subscription in subscribers {
            event.report(&subscription.issuer, subscription.observer.as_ref());
        }
    }
}

type Turn = tokio::sync::OwnedMutexGuard<()>;

struct Outcome {
    result: Result<(), ConfigError>,
    is_absent: bool,
}

impl Outcome {
    /// The runtime shuts down, or code of the user has panicked.
    fn interrupted() -> Self {
        let message = "reading the files was interrupted";
        Self {
            result: Err(ConfigError::new(ConfigErrorKind::UnusableFile, message)),
            is_absent: false,
        }
    }
}

/// Lets the next request start a task when this one ends, for whatever reason.
struct Running(Weak<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.is_running.store(false, Relaxed);
        }
    }
}

/// Reads the files at each interval, until the last handle is dropped.
async fn run(running: Running) {
    let time = |time_of: fn(&Shared) -> Duration| running.0.upgrade().map(|files| time_of(&files));
    let mut next = time(Shared::time_to_look);
    while let Some(left) = next {
        sleep(left).await;
        let Some(shared) = running.0.upgrade() else {
            return;
        };
        // What fails is reported.
        let _ = KeyFiles(shared).reload().await;
        // Not the time that is left, which stays at nothing while looks are interrupted.
        next = time(|files| files.interval);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::SystemTime;

    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::super::look::Change;
    use super::*;
    use crate::clock::SystemClock;

    /// A disk that hangs at every look but the first, until the other end is dropped.
    struct Hanging {
        gate: Receiver<()>,
        looks: Arc<AtomicU32>,
    }

    impl Look for Hanging {
        fn look(&mut self, _: SystemTime) -> Seen {
            if self.looks.fetch_add(1, Relaxed) > 0 {
                let _ = self.gate.recv();
            }
            let change = Change {
                keys: KeySet::from_iter([]),
                added: Vec::new(),
                removed: Vec::new(),
            };
            Seen {
                changed: Some(change),
                ..Seen::default()
            }
        }
    }

    /// Lets time pass in small steps, so that tasks run in the order of their timers.
    async fn pass(hundredths: u32) {
        for _ in 0..hundredths {
            advance(Duration::from_millis(10)).await;
            yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_that_stop_waiting_for_a_disk_that_hangs_block_one_thread_only() {
        let (disk, gate) = channel();
        let looks = Arc::<AtomicU32>::default();
        let look = Box::new(Hanging {
            gate,
            looks: Arc::clone(&looks),
        });
        let (interval, clock) = (Duration::from_secs(10), Arc::new(SystemClock));
        let files = KeyFiles::new(look, String::new(), interval, clock, AlgorithmSet::EMPTY);
        let files = files.unwrap();
        pass(200).await;
        let mut tokens = Vec::new();
        for _ in 0..20 {
            tokens.push(tokio::spawn(files.clone().reload_for_unknown_key()));
            pass(10).await;
        }
        pass(400).await;
        for token in tokens {
            token.await.unwrap();
        }
        drop(disk);
        files.reload().await.unwrap();
        // The first one, that which hung, and that of `reload`.
        assert_eq!(looks.load(Relaxed), 3);
    }
}
