//! One question at a time about a token, shared by all requests with it.
//!
//! A question runs in a task of its own, so that cancelling a request changes nothing for the
//! others. Its answer is cached before it is taken out of the map, and a request looks into the
//! cache under the map's lock: it finds the answer or the question. If all requests are cancelled
//! before a question is sent, it is not sent: then no request waits for the answer.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use futures::FutureExt as _;
use futures::future::{Shared as SharedFuture, WeakShared};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::answer_cache::{Known, TokenHash};
use super::circuit::Admitted;
use super::failure::{Failure, IntrospectionError};
use super::introspector::{Asked, Shared};
use crate::jwt::Introspection;
use crate::keys::jwks::{FetchError, lock};

pub(super) type Outcome = Result<Known, Failure>;
/// An error means that the task of the question was dropped.
type Answer = oneshot::Receiver<Outcome>;

/// The questions in flight.
pub(super) struct Questions {
    /// Held briefly. The cache's lock is taken under it, and code that holds that one never takes
    /// this one.
    in_flight: Mutex<HashMap<TokenHash, Question, RandomState>>,
    /// One permit for each task: bounds those that wait and those that are sent.
    places: Arc<Semaphore>,
    /// One permit for each question that is sent.
    permits: Semaphore,
}

struct Question {
    id: u64,
    /// Weak, so that the sender sees when the last request was cancelled.
    answer: WeakShared<Answer>,
}

/// A question to wait for, or what is known meanwhile.
pub(super) enum Joined {
    Known(Known),
    Waiting(SharedFuture<Answer>),
}

impl Questions {
    pub(super) fn new(max_concurrent: usize, max_queued: usize) -> Self {
        Self {
            in_flight: Mutex::default(),
            places: Arc::new(Semaphore::new(max_concurrent.saturating_add(max_queued))),
            permits: Semaphore::new(max_concurrent),
        }
    }
}

impl Shared {
    /// Joins the question about a token, or else starts one.
    pub(super) fn join_or_start(self: &Arc<Self>, asked: Asked) -> Result<Joined, Failure> {
        let mut in_flight = lock(&self.questions.in_flight);
        if let Some(known) = self.cache.get(&asked.hash, asked.time) {
            return Ok(Joined::Known(known));
        }
        let question = in_flight.get(&asked.hash);
        if let Some(answer) = question.and_then(|question| question.answer.upgrade()) {
            return Ok(Joined::Waiting(answer));
        }
        self.outcomes.check()?;
        let place = Arc::clone(&self.questions.places).try_acquire_owned();
        let place = place.map_err(|_| Failure::new(IntrospectionError::TooMany))?;
        let runtime = Handle::try_current();
        let runtime = runtime.map_err(|_| Failure::new(FetchError::NoRuntime.into()))?;
        let (sender, answer) = oneshot::channel();
        let answer = answer.shared();
        // Never `None`: it has not resolved.
        if let Some(weak) = answer.downgrade() {
            let id = self.next_id();
            in_flight.insert(asked.hash, Question { id, answer: weak });
            // A runtime that is shutting down drops the task within `spawn`, and the guard's drop
            // locks the map.
            drop(in_flight);
            let guard = InFlightGuard {
                shared: Arc::clone(self),
                hash: asked.hash,
                id,
                _place: place,
            };
            runtime.spawn(run(guard, asked, sender));
        }
        Ok(Joined::Waiting(answer))
    }

    /// Returns the outcome of a question. `None` if nothing waits for it any more.
    async fn ask_in_turn(
        &self,
        asked: &Asked,
        sender: &oneshot::Sender<Outcome>,
    ) -> Option<Outcome> {
        let turn = timeout(self.timeout, self.questions.permits.acquire()).await;
        let Ok(Ok(_permit)) = turn else {
            return Some(Err(Failure::new(IntrospectionError::TooMany)));
        };
        if sender.is_closed() {
            return None;
        }
        let question = match self.outcomes.admit(self.timeout) {
            Ok(question) => question,
            Err(failure) => return Some(Err(failure)),
        };
        let exchange = self.exchange.ask(&asked.token, &asked.rules);
        // A panic of the client is a failed question.
        let exchange = AssertUnwindSafe(exchange).catch_unwind();
        let exchange = self.outcomes.timed(timeout(self.timeout, exchange));
        let outcome = match exchange.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(FetchError::Panicked.into()),
            Err(_) => Err(FetchError::TimedOut.into()),
        };
        Some(self.note(question, asked, outcome))
    }

    fn note(
        &self,
        question: Admitted,
        asked: &Asked,
        outcome: Result<Introspection, IntrospectionError>,
    ) -> Outcome {
        match outcome {
            Ok(introspection) => {
                self.outcomes.answered();
                Ok(match introspection {
                    Introspection::Active(answer) => {
                        let exp = answer.expires_at(&asked.rules);
                        self.cache
                            .insert_active(asked.hash, answer, exp, asked.time)
                    }
                    Introspection::Inactive => self.cache.insert_inactive(asked.hash),
                })
            }
            Err(error) => {
                self.outcomes.failed(question, &error);
                Err(Failure::new(error))
            }
        }
    }

    /// Waits for a question, for as long as a request may.
    pub(super) async fn wait(&self, joined: Joined) -> Outcome {
        let answer = match joined {
            Joined::Known(known) => return Ok(known),
            Joined::Waiting(answer) => answer,
        };
        match timeout(self.timeout, answer).await {
            Ok(Ok(outcome)) => outcome,
            // The runtime of the task was shut down.
            Ok(Err(_)) => Err(Failure::new(FetchError::NoRuntime.into())),
            Err(_) => Err(Failure::new(FetchError::TimedOut.into())),
        }
    }
}

async fn run(guard: InFlightGuard, asked: Asked, sender: oneshot::Sender<Outcome>) {
    let outcome = guard.shared.ask_in_turn(&asked, &sender).await;
    // The answer is cached: from now on, requests find it there.
    drop(guard);
    if let Some(outcome) = outcome {
        // An error means that nothing waits for it any more.
        let _ = sender.send(outcome);
    }
}

/// Takes a question out of the map when its task ends, in whatever way.
struct InFlightGuard {
    shared: Arc<Shared>,
    hash: TokenHash,
    id: u64,
    _place: OwnedSemaphorePermit,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut in_flight = lock(&self.shared.questions.in_flight);
        // Another question about the token may have taken its place.
        if in_flight
            .get(&self.hash)
            .is_some_and(|question| question.id == self.id)
        {
            in_flight.remove(&self.hash);
        }
    }
}
