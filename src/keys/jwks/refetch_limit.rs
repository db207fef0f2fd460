//! The limit of fetches that tokens whose key is not in the set can cause.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::settings::JwksCacheSettings;

/// Allows a number of fetches in any window of time. Failed fetches count, too; scheduled refreshes
/// don't.
pub(super) struct RefetchLimit {
    /// The fetches of the current window, oldest first. Never more than `max_refetches`.
    acquired: VecDeque<Instant>,
    max_refetches: usize,
    window: Duration,
    /// The newest fetch of `acquired` at the time when the limit was last reported.
    reported: Option<Instant>,
}

impl RefetchLimit {
    pub(super) fn new(settings: &JwksCacheSettings) -> Self {
        Self {
            acquired: VecDeque::new(),
            max_refetches: settings.max_refetches,
            window: settings.refetch_window,
            reported: None,
        }
    }

    /// Counts a fetch and returns true, or returns false if the limit is reached.
    pub(super) fn try_acquire(&mut self, now: Instant) -> bool {
        while let Some(oldest) = self.acquired.front()
            && now.duration_since(*oldest) >= self.window
        {
            self.acquired.pop_front();
        }
        let allowed = self.acquired.len() < self.max_refetches;
        if allowed {
            self.acquired.push_back(now);
        }
        allowed
    }

    /// Returns whether the limit is reached and has been reported. Has no side effect.
    pub(super) fn is_reached_and_reported(&self, now: Instant) -> bool {
        let in_window = |oldest: &Instant| now.duration_since(*oldest) < self.window;
        self.acquired.len() >= self.max_refetches
            && self.acquired.front().is_none_or(in_window)
            && self.reported == self.acquired.back().copied()
    }

    /// Returns whether the limit, which is reached, has yet to be reported. Each time that it is
    /// reached, only the first call returns true. A limit of 0 is never reported.
    pub(super) fn report_once(&mut self) -> bool {
        let last = self.acquired.back().copied();
        std::mem::replace(&mut self.reported, last) != last
    }
}
