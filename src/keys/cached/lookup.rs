//! The way of a token whose key is not at hand.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::flight::Ticket;
use super::tower::Tower;
use super::{Cache, after};
use crate::algorithm::Algorithm;
use crate::keys::event::KeysEvent;
use crate::keys::fetch::FetchError;
use crate::keys::source::{KeyQuery, KeysError};

/// What is to be done.
pub(super) enum Way {
    /// The keys at hand are as new as they get.
    Ready,
    /// They are, because too many unknown keys were asked for.
    Exhausted(Result<(), KeysError>),
    /// Wait for a fetch that was under way already.
    Join(Ticket),
    /// Wait for one that starts now.
    Start(Ticket),
    Fail(KeysError),
}

impl Cache {
    pub(super) async fn look_for(self: &Arc<Self>, query: KeyQuery) -> Result<(), KeysError> {
        let now = Instant::now();
        if Handle::try_current().is_err() {
            // Elsewhere even waiting would panic.
            return Err(KeysError::new(
                self.origin.settings.longest_pause,
                FetchError::NoRuntime,
            ));
        }
        let deadline = after(now, self.origin.settings.patience);
        let (ticket, joined) = match self.way(&query, now) {
            Way::Join(ticket) => (ticket, true),
            Way::Start(ticket) => (ticket, false),
            settled => return self.settled(settled),
        };
        // Held while this request waits, and given back also by one that goes away.
        let _place = self.places.try_acquire().map_err(|_| self.crowded())?;
        let landed = self.wait(ticket, deadline).await;
        if landed.is_err() || !joined || self.has_keys_for(&query, Instant::now()) {
            return self.settle(query, landed);
        }
        // The fetch may have looked before the key was there: one more, that starts later.
        match self.way(&query, Instant::now()) {
            Way::Join(ticket) | Way::Start(ticket) => {
                let landed = self.wait(ticket, deadline).await;
                self.settle(query, landed)
            }
            settled => self.settled(settled),
        }
    }

    /// What [`look_for`](Cache::look_for) would come to at once, so that a flood of unknown keys costs next to nothing:
    /// the key is known to be unknown, or nothing is left of the budget, and no fetch is under way that might bring it.
    pub(super) fn surely_lacks(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> bool {
        let snapshot = self.snapshot.load();
        let keys = snapshot.keys();
        if !self.serves(now)
            || keys.may_verify(key_id, algorithm)
            || keys.candidates(key_id, algorithm).next().is_some()
        {
            return false;
        }
        let tower = self.tower();
        let quiet = tower.failure.is_none() && tower.flight(now).is_none();
        let used_up = quiet && tower.budget.is_used_up(now);
        drop(tower);
        used_up
            || (quiet
                && self
                    .unknown
                    .contains(&KeyQuery::new(key_id, algorithm), now))
    }

    /// Not under the lock: whoever observes may look at the health, which takes it.
    fn settled(&self, way: Way) -> Result<(), KeysError> {
        match way {
            Way::Exhausted(outcome) => {
                self.origin.tell(&KeysEvent::BudgetExhausted);
                outcome
            }
            Way::Fail(error) => Err(error),
            Way::Ready | Way::Join(_) | Way::Start(_) => Ok(()),
        }
    }

    /// Decides under the lock, so that of any number of callers one starts a fetch and the others join it.
    fn way(self: &Arc<Self>, query: &KeyQuery, now: Instant) -> Way {
        let mut tower = self.tower();
        if self.has_keys_for(query, now) {
            return Way::Ready;
        }
        let serves = self.serves(now);
        if serves && self.unknown.contains(query, now) {
            return Way::Ready;
        }
        // The last fetch failed, and the next one is not due or hasn't ended: that the issuer has no such key nobody can
        // say, and to let strangers wait for it would only tie up requests.
        if let Some(failure) = &tower.failure
            && (now < failure.retry_at || (serves && tower.flight(now).is_some()))
        {
            return Way::Fail(failure.error(now));
        }
        if let Some(ticket) = tower.flight(now) {
            return Way::Join(ticket);
        }
        if serves && !tower.budget.take(now) {
            return exhausted(&mut tower, now);
        }
        self.board(&mut tower).map_or_else(Way::Fail, Way::Start)
    }

    /// Waits for a flight, each caller for as long as its own patience lasts.
    async fn wait(&self, ticket: Ticket, deadline: Instant) -> Result<(), KeysError> {
        if let Ok(landed) = timeout_at(deadline, ticket).await {
            // A channel that closed belongs to a flight whose runtime went away.
            return landed.unwrap_or_else(|_| Err(self.timed_out()));
        }
        let tower = self.tower();
        let now = Instant::now();
        if tower.flight(now).is_some() {
            // Still no answer: as good as a failure for those who can do with the keys at hand.
            self.cover_flight(now);
        }
        Err(self.timed_out())
    }

    fn settle(&self, query: KeyQuery, landed: Result<(), KeysError>) -> Result<(), KeysError> {
        let now = Instant::now();
        if self.has_keys_for(&query, now) {
            return Ok(());
        }
        if landed.is_ok() {
            self.unknown.remember(query, now);
        }
        landed
    }

    fn has_keys_for(&self, query: &KeyQuery, now: Instant) -> bool {
        self.serves(now)
            && self
                .snapshot
                .load()
                .keys()
                .may_verify(query.key_id.as_deref(), query.algorithm)
    }
}

/// Nothing is left of the budget. With the issuer silent nobody can say that it has no such key.
fn exhausted(tower: &mut Tower, now: Instant) -> Way {
    let outcome = tower
        .failure
        .as_ref()
        .map_or(Ok(()), |failure| Err(failure.error(now)));
    if tower.budget.say_exhausted() {
        Way::Exhausted(outcome)
    } else {
        outcome.map_or_else(Way::Fail, |()| Way::Ready)
    }
}
