//! The readiness of a service: of its authenticators and components.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::assess::MAX_LISTED;
use super::{Readiness, ReadinessReason, ReadinessStatus, ReadyWhen};
use crate::verify::Authenticator;

/// How long a report is used: probes need no token, and each of them may be sent at any rate.
const MAX_AGE: Duration = Duration::from_secs(1);

type Assess = Arc<dyn Fn(&ReadyWhen) -> Readiness + Send + Sync>;
type IsOk = Arc<dyn Fn() -> bool + Send + Sync>;

pub(super) struct Reporter {
    pub(super) rule: ReadyWhen,
    authenticators: Vec<Assess>,
    components: Vec<(String, IsOk)>,
    /// Locked while a report is made, so that concurrent probes share one.
    last: Mutex<Option<(Instant, Arc<Readiness>)>>,
}

impl Reporter {
    pub(super) fn new<C: Send + Sync + 'static>(authenticator: &Authenticator<C>) -> Self {
        let mut reporter = Self {
            rule: ReadyWhen::AnyIssuer,
            authenticators: Vec::new(),
            components: Vec::new(),
            last: Mutex::new(None),
        };
        reporter.add_authenticator(authenticator);
        reporter
    }

    /// Returns the reporter to change it: a copy if the service was cloned.
    pub(super) fn change(reporter: &mut Arc<Self>) -> &mut Self {
        Arc::make_mut(reporter)
    }

    pub(super) fn add_authenticator<C: Send + Sync + 'static>(
        &mut self,
        authenticator: &Authenticator<C>,
    ) {
        let authenticator = authenticator.clone();
        let assess = move |rule: &ReadyWhen| authenticator.readiness(rule);
        self.authenticators.push(Arc::new(assess));
    }

    pub(super) fn add_component(&mut self, name: String, is_ok: IsOk) {
        self.components.push((name, is_ok));
    }

    /// Returns the report, which is at most a second old.
    pub(super) fn report(&self) -> Arc<Readiness> {
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, report)) = &*last
            && now.saturating_duration_since(*at) < MAX_AGE
        {
            return Arc::clone(report);
        }
        let report = Arc::new(self.make());
        *last = Some((now, Arc::clone(&report)));
        report
    }

    fn make(&self) -> Readiness {
        let mut whole = Readiness::nothing();
        for assess in &self.authenticators {
            whole.add(assess(&self.rule));
        }
        for (name, is_ok) in &self.components {
            if !is_ok() {
                whole.status = whole.status.max(ReadinessStatus::Degraded);
                whole.reasons.push(ReadinessReason::of_component(name));
            }
        }
        whole
    }
}

// Written by hand: a copy has no report yet.
impl Clone for Reporter {
    fn clone(&self) -> Self {
        Self {
            rule: self.rule.clone(),
            authenticators: self.authenticators.clone(),
            components: self.components.clone(),
            last: Mutex::new(None),
        }
    }
}

impl Readiness {
    const fn nothing() -> Self {
        Self {
            status: ReadinessStatus::Ready,
            reasons: Vec::new(),
            issuers: Vec::new(),
            more_issuers: 0,
        }
    }

    /// Adds that of another authenticator.
    fn add(&mut self, other: Self) {
        self.status = self.status.max(other.status);
        self.reasons.extend(other.reasons);
        self.reasons.truncate(MAX_LISTED);
        self.more_issuers = self.more_issuers.saturating_add(other.more_issuers);
        self.issuers.extend(other.issuers);
        let cut = self.issuers.len().saturating_sub(MAX_LISTED);
        self.more_issuers = self.more_issuers.saturating_add(cut);
        self.issuers.truncate(MAX_LISTED);
    }
}
