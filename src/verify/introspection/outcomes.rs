//! What the questions of an issuer have led to: the circuit, events and health.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::circuit::{Admitted, Circuit};
use super::failure::{Failure, IntrospectionError};
use crate::keys::jwks::{lock, with_causes};
use crate::keys::{IntrospectionHealth, KeysEvent, Observer};
use crate::observe::{IntrospectionSentEvent, IssuerObservers};
use crate::trace::{self, LogLimit};

/// The minimum time between two events about failures: clients can cause many.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// The outcomes of one issuer's questions.
pub(super) struct Outcomes {
    issuer: String,
    observer: Option<Observer>,
    observers: IssuerObservers,
    /// For outages.
    failed_limit: LogLimit,
    /// For responses that are no outage, which a token may cause.
    unusable_limit: LogLimit,
    denied_limit: LogLimit,
    /// Held briefly, and never while an event is reported.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    circuit: Circuit,
    last_error: Option<String>,
    is_denied: bool,
    questions: u64,
    failures: u64,
    last_event: Option<Instant>,
}

impl State {
    fn note_failure(&mut self, error: &IntrospectionError) {
        self.questions = self.questions.saturating_add(1);
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some(with_causes(error));
        self.is_denied = matches!(error, IntrospectionError::Denied(_));
    }

    /// Returns whether a failure is reported now.
    fn is_event_due(&mut self, now: Instant) -> bool {
        let is_recent = self
            .last_event
            .is_some_and(|last| now.saturating_duration_since(last) < EVENT_INTERVAL);
        if !is_recent {
            self.last_event = Some(now);
        }
        !is_recent
    }
}

impl Outcomes {
    pub(super) fn new(
        issuer: &str,
        observer: Option<Observer>,
        observers: IssuerObservers,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            observer,
            observers,
            failed_limit: LogLimit::new(),
            unusable_limit: LogLimit::new(),
            denied_limit: LogLimit::new(),
            state: Mutex::default(),
        }
    }

    /// Rejects a question while the circuit is open. For one that is to wait for its turn.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match lock(&self.state).circuit.wait(Instant::now()) {
            None => Ok(()),
            Some(wait) => Err(Failure::retry_after(IntrospectionError::CircuitOpen, wait)),
        }
    }

    /// Admits a question that is sent now.
    pub(super) fn admit(&self, timeout: Duration) -> Result<Admitted, Failure> {
        let admitted = lock(&self.state).circuit.admit(Instant::now(), timeout);
        admitted.map_err(|wait| Failure::retry_after(IntrospectionError::CircuitOpen, wait))
    }

    /// Notes that the issuer has answered.
    pub(super) fn answered(&self) {
        let mut state = lock(&self.state);
        state.questions = state.questions.saturating_add(1);
        state.last_error = None;
        state.is_denied = false;
        let failures = state.circuit.succeed();
        drop(state);
        if let Some(failures) = failures {
            self.report(&KeysEvent::IntrospectionRecovered { failures });
        }
    }

    /// Notes that a question has no usable answer.
    pub(super) fn failed(&self, question: Admitted, error: &IntrospectionError) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.note_failure(error);
        let (is_opened, recovered) = if error.shows_outage() {
            let retry_after = error.retry_after();
            (state.circuit.fail(question, now, retry_after), None)
        } else {
            (false, state.circuit.succeed())
        };
        let failures = state.circuit.failures();
        let is_reported = state.is_event_due(now) || is_opened;
        drop(state);
        if let Some(failures) = recovered {
            self.report(&KeysEvent::IntrospectionRecovered { failures });
        }
        if !is_reported {
            return;
        }
        self.report(&match error {
            IntrospectionError::Denied(status) => {
                KeysEvent::IntrospectionDenied { status: *status }
            }
            error => KeysEvent::IntrospectionFailed { error, failures },
        });
    }

    /// Tells observers how long an exchange takes.
    pub(super) async fn timed<T>(&self, exchange: impl Future<Output = T>) -> T {
        if self.observers.is_empty() {
            return exchange.await;
        }
        let start = Instant::now();
        let outcome = exchange.await;
        let duration = start.elapsed();
        self.observers.each(|observer, issuer| {
            observer.introspection_sent(&IntrospectionSentEvent { issuer, duration });
        });
        outcome
    }

    pub(super) fn health(&self) -> IntrospectionHealth {
        let state = lock(&self.state);
        IntrospectionHealth {
            available: state.circuit.is_closed(),
            denied: state.is_denied,
            last_error: state.last_error.clone(),
            consecutive_failures: state.circuit.failures(),
            questions: state.questions,
            failures: state.failures,
        }
    }

    fn report(&self, event: &KeysEvent<'_>) {
        let issuer = &self.issuer;
        match event {
            KeysEvent::IntrospectionFailed { error, failures } => {
                let limit = match failures {
                    0 => &self.unusable_limit,
                    _ => &self.failed_limit,
                };
                trace::introspection_failed(limit, issuer, *error, *failures);
            }
            KeysEvent::IntrospectionRecovered { .. } => {
                self.failed_limit.reset();
                event.log(issuer);
            }
            KeysEvent::IntrospectionDenied { status } => {
                trace::introspection_denied(&self.denied_limit, issuer, status.as_u16());
            }
            _ => event.log(issuer),
        }
        if let Some(observer) = &self.observer {
            observer.notify(&self.issuer, event);
        }
    }
}
