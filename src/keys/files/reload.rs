//! Scanning files at each interval, when it is asked for, and for a token with an unknown key.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::event::FilesEvent;
use super::lock;
use super::scan::Scanned;
use super::watch::{KeyFiles, Shared};
use crate::config_error::{ConfigError, ConfigErrorKind};

/// A token with an unknown `kid` causes a scan at most once in this time.
const MIN_UNKNOWN_INTERVAL: Duration = Duration::from_secs(1);
/// How long a token with an unknown `kid` waits for a scan. A disk can hang.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// The maximum time between the two scans that find a file removed, whatever the interval is.
const MAX_CONFIRMATION: Duration = Duration::from_secs(1);

type Turn = tokio::sync::OwnedMutexGuard<()>;

impl KeyFiles {
    /// Scans the files now.
    pub(super) async fn reload(&self) -> Result<(), ConfigError> {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        Arc::clone(&self.0).scan_and_confirm(turn).await
    }

    /// Scans the files for a token whose key is unknown, unless that was done a moment ago.
    pub(super) async fn reload_for_unknown_key(self) {
        let scan = async {
            let turn = Arc::clone(&self.0.turn).lock_owned().await;
            let last_scan = lock(&self.0.state).last_scan;
            if last_scan.elapsed() >= MIN_UNKNOWN_INTERVAL {
                // What fails is reported.
                drop(Arc::clone(&self.0).scan_on_another_thread(turn).await);
            }
        };
        let _ = timeout(MAX_WAIT, scan).await;
    }
}

impl Shared {
    /// Scans the files. If one is absent, scans again a moment later: only one that is absent
    /// twice in a row is removed, since what replaces files may remove them first.
    async fn scan_and_confirm(self: Arc<Self>, turn: Turn) -> Result<(), ConfigError> {
        let (outcome, turn) = Arc::clone(&self).scan_on_another_thread(turn).await;
        let Some(turn) = turn.filter(|_| outcome.is_newly_absent) else {
            return outcome.result;
        };
        sleep(self.interval.div_f64(10.0).min(MAX_CONFIRMATION)).await;
        self.scan_on_another_thread(turn).await.0.result
    }

    /// Returns the turn with the outcome, unless the scan was interrupted.
    async fn scan_on_another_thread(self: Arc<Self>, turn: Turn) -> (Outcome, Option<Turn>) {
        let scanned = spawn_blocking(move || (self.scan_now(), Some(turn))).await;
        scanned.unwrap_or_else(|_| (Outcome::interrupted(), None))
    }

    /// Returns the time until the next scan is due: none if this task starts late, such as with a
    /// first request long after the start.
    fn time_to_scan(&self) -> Duration {
        let age = lock(&self.state).last_scan.elapsed();
        self.interval.saturating_sub(age)
    }

    /// Scans the files on this thread.
    fn scan_now(&self) -> Outcome {
        let scanned = lock(&self.scan).scan(self.clock.now());
        let is_newly_absent = scanned.is_newly_absent;
        let result = scanned.error.clone().map_or(Ok(()), Err);
        let events = self.take_over(scanned);
        for event in events {
            self.report(&event);
        }
        Outcome {
            result,
            is_newly_absent,
        }
    }

    /// Takes over what a scan has found. Returns what is to be reported.
    fn take_over(&self, scanned: Scanned) -> Vec<FilesEvent> {
        let mut events = Vec::new();
        if let Some(change) = scanned.changed {
            let keys = Arc::new(change.keys);
            self.keys.store(Arc::clone(&keys));
            events.push(FilesEvent::Changed {
                keys,
                added: change.added,
                removed: change.removed,
            });
        }
        events.extend(scanned.events);
        let mut state = lock(&self.state);
        state.last_scan = Instant::now();
        let is_known = state.last_error == scanned.error.as_ref().map(ToString::to_string);
        let before = state.health.update(scanned.secrets, scanned.error.as_ref());
        state.last_error = scanned.error.as_ref().map(ToString::to_string);
        match scanned.error {
            Some(error) if !is_known => {
                let failures = state.health.failures;
                events.push(FilesEvent::Failed { error, failures });
            }
            None if before > 0 => events.push(FilesEvent::Recovered { failures: before }),
            _ => {}
        }
        events
    }
}

struct Outcome {
    result: Result<(), ConfigError>,
    is_newly_absent: bool,
}

impl Outcome {
    /// The runtime shuts down, or code of the user has panicked.
    fn interrupted() -> Self {
        let message = "reading the files was interrupted";
        Self {
            result: Err(ConfigError::new(ConfigErrorKind::UnusableFile, message)),
            is_newly_absent: false,
        }
    }
}

/// Lets the next request start a task when this one ends, for whatever reason.
pub(super) struct Running(Weak<Shared>);

impl Running {
    pub(super) fn new(files: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(files))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.is_running.store(false, Relaxed);
        }
    }
}

/// Scans the files at each interval, until the last handle is dropped.
pub(super) async fn run(running: Running) {
    let time = |time_of: fn(&Shared) -> Duration| running.0.upgrade().map(|files| time_of(&files));
    let mut next = time(Shared::time_to_scan);
    while let Some(left) = next {
        sleep(left).await;
        let Some(shared) = running.0.upgrade() else {
            return;
        };
        // What fails is reported.
        let _ = KeyFiles(shared).reload().await;
        // Not the time that is left, which stays at nothing while scans are interrupted.
        next = time(|files| files.interval);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::SystemTime;

    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::super::scan::{Change, Scan};
    use super::*;
    use crate::algorithm::AlgorithmSet;
    use crate::clock::SystemClock;
    use crate::jwk::KeySet;

    /// A disk that hangs at every scan but the first, until the other end is dropped.
    struct Hanging {
        gate: Receiver<()>,
        scans: Arc<AtomicU32>,
    }

    impl Scan for Hanging {
        fn scan(&mut self, _: SystemTime) -> Scanned {
            if self.scans.fetch_add(1, Relaxed) > 0 {
                let _ = self.gate.recv();
            }
            let change = Change {
                keys: KeySet::from_iter([]),
                added: Vec::new(),
                removed: Vec::new(),
            };
            Scanned {
                changed: Some(change),
                ..Scanned::default()
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
        let scans = Arc::<AtomicU32>::default();
        let scan = Box::new(Hanging {
            gate,
            scans: Arc::clone(&scans),
        });
        let (interval, clock) = (Duration::from_secs(10), Arc::new(SystemClock));
        let files = KeyFiles::new(scan, String::new(), interval, clock, AlgorithmSet::EMPTY);
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
        assert_eq!(scans.load(Relaxed), 3);
    }
}
