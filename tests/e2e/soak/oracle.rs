//! What the oracle knows: when keys were published and withdrawn, which of them the server must
//! have cached or dropped according to its responses, and when the issuer gave it reason to fail.
//! The server's own health report is not used.
//!
//! | a valid token whose key | may get | reason |
//! |---|---|---|
//! | has verified a token, and is not withdrawn | 200 | cached keys stay in use for an hour |
//! | is new, without trouble, below the refetch limit | 200 | the request waits for the fetch |
//! | is new, after a flood of unknown keys | 200, 401 | the flood has reached the refetch limit |
//! | is new, in trouble | 200, 401, 503 | 401 as long as the cached keys are fresh, then 503 |
//! | is withdrawn, and no newer one verified a token | 200, 401 | there may be no fetch since |
//! | is withdrawn, and a newer one verified a token | 401 | the server has replaced the set |
//!
//! An invalid token gets 401, or 503 in trouble if its key is not cached. In trouble the oracle
//! can't tell whether the cached keys are fresh: a fetch may have succeeded just before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allowed::Allowed;
use crate::generation::Generation;
use crate::random::Random;

/// The default refetch limit: 2 in 30 s.
const REFETCH_LIMIT: usize = 2;
/// A second more than the window of the limit, because the server starts it later than the oracle.
const REFETCH_WINDOW: Duration = Duration::from_secs(31);
/// The time until a new key must be cached in spite of a flood: the oldest refetch leaves the
/// window after 30 s, the next unknown key causes a fetch, and a fetch takes at most 5 s.
const MAX_DOUBT: Duration = Duration::from_secs(36);

/// The key of a token of the issuer in trouble, and whether the token is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// A valid token of this generation.
    Valid(u32),
    /// An invalid token with a key id of this generation.
    Forged(u32),
    /// An invalid token with a key id that was never published.
    Unknown,
}

/// What happened to the keys of a generation.
#[derive(Debug)]
struct History {
    published: Instant,
    /// One of the keys has verified a token, so the server must have them cached.
    cached: bool,
    withdrawn: Option<Instant>,
    /// A key that was published after these were withdrawn has verified a token, so the server must
    /// have dropped these.
    dropped: bool,
}

/// Whether the issuer gives the server reason to respond with 503.
enum Trouble {
    Now,
    /// The server may need until this time to notice that the trouble is over.
    OverAt(Instant),
}

pub(crate) struct Oracle {
    histories: BTreeMap<u32, History>,
    current: Vec<Arc<Generation>>,
    withdrawn: Vec<Arc<Generation>>,
    trouble: Trouble,
    pub(crate) flood: bool,
    /// When an unknown key may last have caused a refetch.
    last_unknown: Option<Instant>,
}

impl Oracle {
    /// Returns an oracle for an issuer that has not started yet.
    pub(crate) const fn new() -> Self {
        Self {
            histories: BTreeMap::new(),
            current: Vec::new(),
            withdrawn: Vec::new(),
            trouble: Trouble::Now,
            flood: false,
            last_unknown: None,
        }
    }

    /// Must be called when the issuer publishes the generation.
    pub(crate) fn publish(&mut self, generation: Arc<Generation>) {
        let history = History {
            published: Instant::now(),
            cached: false,
            withdrawn: None,
            dropped: false,
        };
        self.histories.insert(generation.number, history);
        self.current.push(generation);
    }

    /// Must be called before the issuer publishes other generations instead.
    pub(crate) fn withdraw_all(&mut self) {
        for generation in self.current.drain(..) {
            self.histories
                .get_mut(&generation.number)
                .expect("it was published")
                .withdrawn = Some(Instant::now());
            self.withdrawn.push(generation);
        }
        let superfluous = self.withdrawn.len().saturating_sub(3);
        self.withdrawn.drain(..superfluous);
    }

    /// Returns a number that no generation has had.
    pub(crate) fn next_number(&self) -> u32 {
        self.histories.keys().next_back().map_or(0, |last| last + 1)
    }

    /// Takes the generation that was withdrawn last, to publish it again, as a cache in front of an
    /// issuer may do.
    pub(crate) fn take_withdrawn(&mut self) -> Option<Arc<Generation>> {
        self.withdrawn.pop()
    }

    pub(crate) fn current(&self) -> &[Arc<Generation>] {
        &self.current
    }

    pub(crate) fn a_current(&self, random: &mut Random) -> Option<Arc<Generation>> {
        (!self.current.is_empty()).then(|| Arc::clone(random.pick(&self.current)))
    }

    pub(crate) fn a_withdrawn(&self, random: &mut Random) -> Option<Arc<Generation>> {
        (!self.withdrawn.is_empty()).then(|| Arc::clone(random.pick(&self.withdrawn)))
    }

    /// Must be called before the issuer fails in any way.
    pub(crate) fn begin_trouble(&mut self) {
        self.trouble = Trouble::Now;
    }

    /// Must be called when the issuer has recovered, with the time in which the server must notice.
    pub(crate) fn end_trouble(&mut self, grace: Duration) {
        self.trouble = Trouble::OverAt(Instant::now() + grace);
    }

    pub(crate) fn is_cached(&self, generation: u32) -> bool {
        self.histories[&generation].cached
    }

    /// Returns which statuses are right at this moment.
    pub(crate) fn allowed(&mut self, key: Key) -> Allowed {
        let now = Instant::now();
        let unavailable = self.is_trouble(now);
        match key {
            Key::Unknown => {
                self.last_unknown = Some(now);
                Allowed {
                    unavailable,
                    ..Allowed::REJECTED
                }
            }
            Key::Forged(generation) => {
                let history = &self.histories[&generation];
                let cached = history.cached && history.withdrawn.is_none();
                if history.withdrawn.is_some() {
                    self.last_unknown = Some(now);
                }
                Allowed {
                    unavailable: unavailable && !cached,
                    waits: !cached,
                    ..Allowed::REJECTED
                }
            }
            Key::Valid(generation) => {
                if self.histories[&generation].withdrawn.is_some() {
                    self.last_unknown = Some(now);
                }
                self.allowed_for_valid(&self.histories[&generation], now)
            }
        }
    }

    fn allowed_for_valid(&self, history: &History, now: Instant) -> Allowed {
        let unavailable = self.is_trouble(now);
        match history.withdrawn {
            Some(_) if history.dropped => Allowed {
                unavailable,
                ..Allowed::REJECTED
            },
            Some(since) => Allowed {
                accepted: self.is_doubt(since, now),
                unavailable,
                ..Allowed::REJECTED
            },
            None if history.cached => Allowed::ACCEPTED,
            None => {
                let rejected = unavailable
                    || self.is_limit_reached(now) && self.is_doubt(history.published, now);
                Allowed {
                    accepted: true,
                    rejected,
                    unavailable,
                    waits: true,
                }
            }
        }
    }

    /// Must be called when a valid token was accepted.
    pub(crate) fn accepted(&mut self, generation: u32) {
        let history = self
            .histories
            .get_mut(&generation)
            .expect("it was published");
        if history.cached {
            return;
        }
        history.cached = true;
        let published = history.published;
        for history in self.histories.values_mut() {
            history.dropped |= history
                .withdrawn
                .is_some_and(|withdrawn| withdrawn <= published);
        }
    }

    fn is_trouble(&self, now: Instant) -> bool {
        match self.trouble {
            Trouble::Now => true,
            Trouble::OverAt(end) => now < end,
        }
    }

    /// Returns whether the server may not have noticed yet what happened at `then`.
    fn is_doubt(&self, then: Instant, now: Instant) -> bool {
        match self.trouble {
            Trouble::Now => true,
            Trouble::OverAt(end) => now < end.max(then) + MAX_DOUBT,
        }
    }

    /// Returns whether two new keys would be fetched at once.
    pub(crate) fn has_refetches_left(&self) -> bool {
        let now = Instant::now();
        let recent = |then: Instant| now.saturating_duration_since(then) < REFETCH_WINDOW;
        !self.is_limit_reached(now)
            && !self
                .histories
                .values()
                .any(|history| recent(history.published))
    }

    /// Each rotation causes a refetch, and a flood as many as the limit allows.
    fn is_limit_reached(&self, now: Instant) -> bool {
        let recent = |then: Instant| now.saturating_duration_since(then) < REFETCH_WINDOW;
        let rotations = self
            .histories
            .values()
            .filter(|history| recent(history.published))
            .count();
        self.last_unknown.is_some_and(recent) || rotations > REFETCH_LIMIT
    }
}
