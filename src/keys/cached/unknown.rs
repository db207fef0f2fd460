//! Tokens that name keys nobody knows: how many fetches they may cause, and which are known to be unknown.

use std::collections::VecDeque;
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

use super::after;
use super::settings::CacheSettings;
use crate::keys::source::KeyQuery;

/// How many unknown key ids are remembered, each of 128 bytes at the most.
const MOST_REMEMBERED: u64 = 1024;
/// Longer key ids aren't worth the memory; the budget bounds what they cost.
const LONGEST_REMEMBERED: usize = 128;

/// At most so many fetches in any window of time. Failures count like successes.
pub(super) struct Budget {
    taken: VecDeque<Instant>,
    most: usize,
    window: Duration,
    /// When it was last said that there is nothing left.
    said: Option<Instant>,
}

impl Budget {
    pub(super) fn new(settings: &CacheSettings) -> Self {
        Self {
            taken: VecDeque::new(),
            most: settings.refetches,
            window: settings.refetch_window,
            said: None,
        }
    }

    /// Once for each time that it was used up.
    pub(super) fn say_exhausted(&mut self) -> bool {
        let last = self.taken.back().copied();
        std::mem::replace(&mut self.said, last) != last
    }

    /// Whether there is nothing left, and that was said.
    pub(super) fn is_used_up(&self, now: Instant) -> bool {
        let within = |taken: &Instant| now.duration_since(*taken) < self.window;
        self.taken.len() >= self.most
            && self.taken.front().is_none_or(within)
            && self.said == self.taken.back().copied()
    }

    /// Takes one, if there is one left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        while self
            .taken
            .front()
            .is_some_and(|taken| now.duration_since(*taken) >= self.window)
        {
            self.taken.pop_front();
        }
        let left = self.taken.len() < self.most;
        if left {
            self.taken.push_back(now);
        }
        left
    }
}

/// Keys that were asked for, fetched for, and not there. Bounded in number and time; forgotten with a new set.
pub(super) struct Unknown {
    until: Cache<KeyQuery, Instant>,
    window: Duration,
}

impl Unknown {
    pub(super) fn new(settings: &CacheSettings) -> Self {
        Self {
            until: Cache::new(MOST_REMEMBERED),
            window: settings.refetch_window,
        }
    }

    pub(super) fn remember(&self, query: KeyQuery, now: Instant) {
        if query
            .key_id
            .as_ref()
            .is_none_or(|key_id| key_id.len() <= LONGEST_REMEMBERED)
        {
            self.until.insert(query, after(now, self.window));
        }
    }

    pub(super) fn contains(&self, query: &KeyQuery, now: Instant) -> bool {
        self.until.get(query).is_some_and(|until| now < until)
    }

    pub(super) fn forget_all(&self) {
        self.until.invalidate_all();
    }
}
