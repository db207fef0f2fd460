//! The readiness of a service: of its authenticators and components.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::assess::MAX_LISTED;
use super::{Readiness, ReadinessReason, ReadinessStatus, ReadyWhen};
use crate::verify::Authenticator;

/// How long a report is used: probes need no token, and each of them may be sent at any rate.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long a component may block before all of them count as failing.
const MAX_BLOCKED: Duration = Duration::from_secs(5);

type Assess = Arc<dyn Fn(&ReadyWhen) -> Readiness + Send + Sync>;
type IsOk = Arc<dyn Fn() -> bool + Send + Sync>;

pub(super) struct Reporter {
    pub(super) rule: ReadyWhen,
    authenticators: Vec<Assess>,
    components: Vec<(String, IsOk)>,
    /// Held briefly, never while the code of a component runs.
    last: Mutex<LastReport>,
}

/// The last report, which concurrent probes share.
#[derive(Default)]
struct LastReport {
    report: Option<(Instant, Arc<Readiness>)>,
    /// The indices of the components that failed when they were last called.
    failing: Vec<usize>,
    /// Since when a probe is calling the components.
    calling_since: Option<Instant>,
}

/// Lets another probe call the components when this one ends, for whatever reason.
struct Calling<'r>(&'r Mutex<LastReport>);

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

    /// Returns the report, which is at most a second old.
    pub(super) fn report(&self) -> Arc<Readiness> {
        let now = Instant::now();
        if let Some(report) = self.recent(now) {
            return report;
        }
        let failing = self.failing_components(now);
        let mut report = self.of_authenticators();
        for (name, _) in failing
            .iter()
            .filter_map(|index| self.components.get(*index))
        {
            report.status = report.status.max(ReadinessStatus::Degraded);
            report.reasons.push(ReadinessReason::of_component(name));
        }
        let report = Arc::new(report);
        let mut last = lock(&self.last);
        // Another probe may have made a newer one, while a component blocked this one.
        if last.report.as_ref().is_none_or(|(at, _)| *at <= now) {
            last.report = Some((now, Arc::clone(&report)));
        }
        report
    }

    fn recent(&self, now: Instant) -> Option<Arc<Readiness>> {
        let last = lock(&self.last);
        let recent = last.report.as_ref();
        let recent = recent.filter(|(at, _)| now.saturating_duration_since(*at) < MAX_AGE);
        recent.map(|(_, report)| Arc::clone(report))
    }

    /// Returns the indices of the components that fail. While another probe calls them, or one of
    /// them requests the report itself: those that failed at the last call, and in the end all.
    fn failing_components(&self, now: Instant) -> Vec<usize> {
        let mut last = lock(&self.last);
        if let Some(since) = last.calling_since {
            if now.saturating_duration_since(since) >= MAX_BLOCKED {
                return (0..self.components.len()).collect();
            }
            return last.failing.clone();
        }
        last.calling_since = Some(now);
        drop(last);
        let _calling = Calling(&self.last);
        let components = self.components.iter().enumerate();
        let failing = components.filter(|(_, (_, is_ok))| !is_ok());
        let failing: Vec<_> = failing.map(|(index, _)| index).collect();
        lock(&self.last).failing.clone_from(&failing);
        failing
    }

    fn of_authenticators(&self) -> Readiness {
        let mut whole = Readiness::nothing();
        for assess in &self.authenticators {
            whole.add(assess(&self.rule));
        }
        whole
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        lock(self.0).calling_since = None;
    }
}

fn lock(last: &Mutex<LastReport>) -> MutexGuard<'_, LastReport> {
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
