//! What went wrong with the store, for health and log events.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::trace;

/// The minimum time between two log events about failures.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// What is shown of an error.
const MAX_LEN: usize = 256;

#[derive(Default)]
pub(super) struct Failures {
    count: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    following: Option<String>,
    writing: Option<String>,
    logged: Option<Instant>,
}

/// What has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Following,
    Writing,
}

impl Failures {
    pub(super) fn note(&self, part: Part, error: &dyn Display) {
        // Relaxed: for display only.
        self.count.fetch_add(1, Ordering::Relaxed);
        let text = one_line(error);
        let now = Instant::now();
        let mut last = self.lock();
        let next = last
            .logged
            .and_then(|logged| logged.checked_add(LOG_INTERVAL));
        let is_due = next.is_none_or(|next| next <= now);
        if is_due {
            last.logged = Some(now);
        }
        *last.of(part) = Some(text.clone());
        drop(last);
        if is_due {
            trace::revocation_store_failed(part.name(), &text);
        }
    }

    /// Notes that it works.
    pub(super) fn clear(&self, part: Part) {
        *self.lock().of(part) = None;
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the cause of the last failure, unless it has passed.
    pub(super) fn last_error(&self) -> Option<String> {
        let last = self.lock();
        last.following.clone().or_else(|| last.writing.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Last {
    const fn of(&mut self, part: Part) -> &mut Option<String> {
        match part {
            Part::Following => &mut self.following,
            Part::Writing => &mut self.writing,
        }
    }
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Following => "reading",
            Self::Writing => "writing",
        }
    }
}

/// Returns the text of an error on one line, cut.
fn one_line(error: &dyn Display) -> String {
    let text = error.to_string();
    let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    shown.take(MAX_LEN).collect()
}
