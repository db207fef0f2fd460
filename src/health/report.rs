//! The readiness of a service: of its authenticators and components.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::assess::MAX_LISTED;
use super::{Readiness, ReadinessReason, ReadinessStatus, ReadyWhen};
use crate::keys::catch_panic;
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
        let mut last = lock(&self.last);
        if let Some(report) = last.recent(now) {
            return report;
        }
        let Some(since) = last.calling_since else {
            last.calling_since = Some(now);
            drop(last);
            return self.call_components();
        };
        let failing = if now.saturating_duration_since(since) >= MAX_BLOCKED {
            (0..self.components.len()).collect()
        } else {
            last.failing.clone()
        };
        drop(last);
        let report = Arc::new(self.with_failing(&failing));
        let mut last = lock(&self.last);
        // Otherwise the components have been called meanwhile, and there is a newer report.
        if last.calling_since == Some(since) {
            last.report = Some((now, Arc::clone(&report)));
        }
        report
    }

    /// Calls the components, and replaces the report. The only thread that does.
    fn call_components(&self) -> Arc<Readiness> {
        let _calling = Calling(&self.last);
        let components = self.components.iter().enumerate();
        let failing = components.filter(|(_, (_, is_ok))| !without_panic(&**is_ok));
        let failing: Vec<_> = failing.map(|(index, _)| index).collect();
        let report = Arc::new(self.with_failing(&failing));
        let mut last = lock(&self.last);
        last.failing = failing;
        last.report = Some((Instant::now(), Arc::clone(&report)));
        report
    }

    /// Returns the readiness while these components fail.
    fn with_failing(&self, failing: &[usize]) -> Readiness {
        let mut report = self.of_authenticators();
        let failing = failing
            .iter()
            .filter_map(|index| self.components.get(*index));
        for (name, _) in failing {
            report.status = report.status.max(ReadinessStatus::Degraded);
            report.reasons.push(ReadinessReason::of_component(name));
        }
        report
    }

    fn of_authenticators(&self) -> Readiness {
        let mut whole = Readiness::nothing();
        for assess in &self.authenticators {
            whole.add(assess(&self.rule));
        }
        whole
    }
}

impl LastReport {
    fn recent(&self, now: Instant) -> Option<Arc<Readiness>> {
        let (at, report) = self.report.as_ref()?;
        let is_recent = now.saturating_duration_since(*at) < MAX_AGE;
        is_recent.then(|| Arc::clone(report))
    }
}

/// Calls a component. One that panics fails.
fn without_panic(is_ok: &(dyn Fn() -> bool + Send + Sync)) -> bool {
    let mut result = false;
    catch_panic("HealthService::add_component", || result = is_ok());
    result
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
