//! What the oracle knows: which keys were published and withdrawn when, which the server has shown
//! to have or to have dropped, and when the issuer gave it reason to fail. None of it is what the
//! server says of itself.
//!
//! | a valid token whose key | may get | why |
//! |---|---|---|
//! | has verified a token, and is not withdrawn | 200 | the valid set stays, whatever the issuer does, for an hour |
//! | is new, in healthy times, with refetches left | 200 | the request waits for the fetch |
//! | is new, after a flood of unknown keys | 200, 401 | 2 refetches in 30 s, and the flood has used them up |
//! | is new, in trouble | 200, 503 | whether the key exists is unknown |
//! | is withdrawn, and no newer one verified a token | 200, 401 | the server has not asked since |
//! | is withdrawn, and a newer one verified a token | 401 | the set was replaced as a whole |
//!
//! A bad token gets 401; or 503 in trouble, if its key is not available.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allowed::Allowed;
use crate::generation::Generation;
use crate::random::Random;

/// The budget is 2 refetches in 30 s. A second more, because it counts from where the server takes
/// one.
const BUDGET: usize = 2;
const BUDGET_WINDOW: Duration = Duration::from_secs(31);
/// Until a new key must be known in spite of a flood: the oldest refetch leaves the budget's window
/// after 30 s, the next unknown key takes its place, and a fetch takes at most 5 s.
const LONGEST_DOUBT: Duration = Duration::from_secs(36);

/// What a token is, as far as the keys of the issuer in trouble matter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// Good, of that generation.
    Good(u32),
    /// Bad, with a key id of that generation.
    Forged(u32),
    /// Bad, with a key id that was never published.
    Unknown,
}

#[derive(Debug)]
struct Fate {
    published: Instant,
    /// It has verified a token.
    known: bool,
    withdrawn: Option<Instant>,
    /// A key that was published when this one wasn't any more has verified a token.
    gone: bool,
}

/// When the issuer gives reason to fail.
enum Trouble {
    Now,
    /// The server needs that long to notice that it is over.
    OverAt(Instant),
}

pub(crate) struct Book {
    fates: BTreeMap<u32, Fate>,
    current: Vec<Arc<Generation>>,
    withdrawn: Vec<Arc<Generation>>,
    trouble: Trouble,
    pub(crate) flood: bool,
    /// When unknown keys may have cost the server a refetch for the last time.
    last_stranger: Option<Instant>,
}

impl Book {
    /// Before the issuer has ever run.
    pub(crate) const fn new() -> Self {
        Self {
            fates: BTreeMap::new(),
            current: Vec::new(),
            withdrawn: Vec::new(),
            trouble: Trouble::Now,
            flood: false,
            last_stranger: None,
        }
    }

    /// To be called when the issuer publishes it.
    pub(crate) fn publish(&mut self, generation: Arc<Generation>) {
        let fate = Fate {
            published: Instant::now(),
            known: false,
            withdrawn: None,
            gone: false,
        };
        self.fates.insert(generation.number, fate);
        self.current.push(generation);
    }

    /// To be called before the issuer publishes others instead.
    pub(crate) fn withdraw_all(&mut self) {
        for generation in self.current.drain(..) {
            self.fates
                .get_mut(&generation.number)
                .expect("it was published")
                .withdrawn = Some(Instant::now());
            self.withdrawn.push(generation);
        }
        let superfluous = self.withdrawn.len().saturating_sub(3);
        self.withdrawn.drain(..superfluous);
    }

    /// One that no generation has had.
    pub(crate) fn next_number(&self) -> u32 {
        self.fates.keys().next_back().map_or(0, |last| last + 1)
    }

    /// The one that was withdrawn last. It may be published again, as another issuer's cache may
    /// do.
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

    /// To be called before the issuer does anything wrong.
    pub(crate) fn begin_trouble(&mut self) {
        self.trouble = Trouble::Now;
    }

    /// To be called when the issuer does well again, with the time in which the server must notice.
    pub(crate) fn end_trouble(&mut self, grace: Duration) {
        self.trouble = Trouble::OverAt(Instant::now() + grace);
    }

    pub(crate) fn is_known(&self, generation: u32) -> bool {
        self.fates[&generation].known
    }

    /// What is right at this moment.
    pub(crate) fn allowed(&mut self, key: Key) -> Allowed {
        let now = Instant::now();
        let unavailable = self.is_trouble(now);
        match key {
            Key::Unknown => {
                self.last_stranger = Some(now);
                Allowed {
                    unavailable,
                    ..Allowed::REFUSED
                }
            }
            Key::Forged(generation) => {
                let fate = &self.fates[&generation];
                let at_hand = fate.known && fate.withdrawn.is_none();
                if fate.withdrawn.is_some() {
                    self.last_stranger = Some(now);
                }
                Allowed {
                    unavailable: unavailable && !at_hand,
                    waits: !at_hand,
                    ..Allowed::REFUSED
                }
            }
            Key::Good(generation) => {
                if self.fates[&generation].withdrawn.is_some() {
                    self.last_stranger = Some(now);
                }
                self.allowed_for_good(&self.fates[&generation], now)
            }
        }
    }

    fn allowed_for_good(&self, fate: &Fate, now: Instant) -> Allowed {
        let unavailable = self.is_trouble(now);
        match fate.withdrawn {
            Some(_) if fate.gone => Allowed {
                unavailable,
                ..Allowed::REFUSED
            },
            Some(since) => Allowed {
                accepted: self.is_doubt(since, now),
                unavailable,
                ..Allowed::REFUSED
            },
            None if fate.known => Allowed::ACCEPTED,
            None => {
                let rejected = self.is_budget_spent(now) && self.is_doubt(fate.published, now);
                Allowed {
                    accepted: true,
                    rejected,
                    unavailable,
                    waits: true,
                }
            }
        }
    }

    /// Takes note that a valid token was accepted.
    pub(crate) fn prove(&mut self, generation: u32) {
        let fate = self.fates.get_mut(&generation).expect("it was published");
        if fate.known {
            return;
        }
        fate.known = true;
        let published = fate.published;
        for fate in self.fates.values_mut() {
            fate.gone |= fate
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

    /// Whether the server may not have heard yet of what happened then.
    fn is_doubt(&self, then: Instant, now: Instant) -> bool {
        match self.trouble {
            Trouble::Now => true,
            Trouble::OverAt(end) => now < end.max(then) + LONGEST_DOUBT,
        }
    }

    /// Whether two new keys would be fetched at once.
    pub(crate) fn is_rested(&self) -> bool {
        let now = Instant::now();
        let recent = |then: Instant| now.saturating_duration_since(then) < BUDGET_WINDOW;
        !self.is_budget_spent(now) && !self.fates.values().any(|fate| recent(fate.published))
    }

    /// Each rotation costs a refetch, and a flood all that there are.
    fn is_budget_spent(&self, now: Instant) -> bool {
        let recent = |then: Instant| now.saturating_duration_since(then) < BUDGET_WINDOW;
        let rotations = self
            .fates
            .values()
            .filter(|fate| recent(fate.published))
            .count();
        self.last_stranger.is_some_and(recent) || rotations > BUDGET
    }
}
