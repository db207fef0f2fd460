//! The readiness of a service: of its authenticators and components.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::assess::MAX_LISTED;
use super::{Readiness, ReadinessReason, ReadinessStatus, ReadyWhen};
use crate::verify::Authenticator;

/// How long a report is used: probes need no token, and each of them may be sent at any rate.
const MAX_AGE: Duration = Duration::from_secs(1);
/// The same while a component blocks.
const MAX_WAIT: Duration = Duration::from_secs(5);

type Assess = Arc<dyn Fn(&ReadyWhen) -> Readiness + Send + Sync>;
type IsOk = Arc<dyn Fn() -> bool + Send + Sync>;

pub(super) struct Reporter {
    pub(super) rule: ReadyWhen,
    authenticators: Vec<Assess>,
    components: Vec<(String, IsOk)>,
    /// Held briefly, never while the code of a component runs.
    last: Mutex<Last>,
}

/// The last report, which concurrent probes share.
#[derive(Default)]
struct Last {
    report: Option<(Instant, Arc<Readiness>)>,
    is_making: bool,
}

/// Lets another probe make a report when this one ends, for whatever reason.
struct Making<'r>(&'r Mutex<Last>);

impl Reporter {
    pub(super) fn new<C: Send + Sync + 'static>(authenticator: &Authenticator<C>) -> Self {
        let mut reporter = Self {
            rule: ReadyWhen::AnyIssuer,
            authenticators: Vec::new(),
            components: Vec::new(),
            last: Mutex::default(),
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

    /// Returns the report, which is at most a second old. While a component blocks, or if it asks
    /// for the report itself, it is at most 5 seconds old, or without the components.
    pub(super) fn report(&self) -> Arc<Readiness> {
        let now = Instant::now();
        let (report, making) = self.start(now);
        if let Some(report) = report {
            return report;
        }
        let mut report = self.of_authenticators();
        if making.is_some() {
            self.add_components(&mut report);
        }
        let report = Arc::new(report);
        lock(&self.last).report = Some((now, Arc::clone(&report)));
        report
    }

    /// Returns the last report if it is still to be used. Otherwise a new one is to be made, with
    /// the components unless another probe asks them now.
    fn start(&self, now: Instant) -> (Option<Arc<Readiness>>, Option<Making<'_>>) {
        let mut last = lock(&self.last);
        let max_age = if last.is_making { MAX_WAIT } else { MAX_AGE };
        if let Some((at, report)) = &last.report
            && now.saturating_duration_since(*at) < max_age
        {
            return (Some(Arc::clone(report)), None);
        }
        let is_first = !std::mem::replace(&mut last.is_making, true);
        (None, is_first.then(|| Making(&self.last)))
    }

    fn of_authenticators(&self) -> Readiness {
        let mut whole = Readiness::nothing();
        for assess in &self.authenticators {
            whole.add(assess(&self.rule));
        }
        whole
    }

    fn add_components(&self, whole: &mut Readiness) {
        for (name, is_ok) in &self.components {
            if !is_ok() {
                whole.status = whole.status.max(ReadinessStatus::Degraded);
                whole.reasons.push(ReadinessReason::of_component(name));
            }
        }
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        lock(self.0).is_making = false;
    }
}

fn lock(last: &Mutex<Last>) -> MutexGuard<'_, Last> {
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

// Written by hand: a copy has no report yet.
impl Clone for Reporter {
    fn clone(&self) -> Self {
        Self {
            rule: self.rule.clone(),
            authenticators: self.authenticators.clone(),
            components: self.components.clone(),
            last: Mutex::default(),
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
