//! The counters of each issuer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use ::metrics::{Label, SharedString};
use arc_swap::ArcSwap;

use super::handles::{CachedCounter, key};
use super::names;
use super::reasons::{self, REASONS};
use crate::{IntrospectionOutcome, RequestEvent, RequestOutcome, TokenScheme};

/// The default of [`Metrics::max_issuers`](super::Metrics::max_issuers).
const MAX_ISSUERS: usize = 100;
/// The label of the issuers beyond the maximum.
const OTHER: &str = "other";

/// The counters of all issuers. Found without a lock, and never removed: only configured issuers
/// have any, up to a maximum. The others share theirs.
pub(super) struct Issuers {
    max: AtomicUsize,
    /// The first issuer that was counted. Most services have no other.
    first: OnceLock<IssuerCounters>,
    /// Those after it, sorted by name. Copied when an issuer is added.
    by_name: ArcSwap<Vec<Arc<IssuerCounters>>>,
    other: IssuerCounters,
    /// Those of requests without an issuer.
    none: IssuerCounters,
}

/// The counters of one issuer.
pub(super) struct IssuerCounters {
    /// Shared by the labels.
    label: SharedString,
    name: Box<str>,
    /// By scheme.
    accepted: [CachedCounter; SCHEMES],
    passed: CachedCounter,
    /// By reason and scheme.
    rejected: Box<[[CachedCounter; SCHEMES]]>,
    /// By outcome.
    introspections: [CachedCounter; 4],
}

const SCHEMES: usize = 3;

impl Default for Issuers {
    fn default() -> Self {
        Self {
            max: AtomicUsize::new(MAX_ISSUERS),
            first: OnceLock::new(),
            by_name: ArcSwap::default(),
            other: IssuerCounters::new(OTHER),
            none: IssuerCounters::new(""),
        }
    }
}

impl Issuers {
    /// Sets the maximum number of issuers with counters.
    pub(super) fn set_max(&self, max: usize) {
        // Relaxed, here and below: these guard no other memory.
        self.max.store(max, Ordering::Relaxed);
    }

    /// Returns the label of an issuer.
    pub(super) fn label(&self, issuer: &str) -> Label {
        self.with(issuer, IssuerCounters::label)
    }

    /// Returns the label under which an issuer may have been recorded. Gives it no counters, which
    /// would take the place of another issuer.
    pub(super) fn recorded_label(&self, issuer: &str) -> Label {
        let first = self.first.get();
        let is_first = first.is_some_and(|first| *first.name == *issuer);
        if is_first || position(&self.by_name.load(), issuer).is_ok() {
            return Label::new(names::ISSUER, issuer.to_owned());
        }
        self.other.label()
    }

    /// Calls `then` with the counters of an issuer.
    pub(super) fn with<T>(&self, issuer: &str, then: impl FnOnce(&IssuerCounters) -> T) -> T {
        if let Some(first) = self.first.get().filter(|first| *first.name == *issuer) {
            return then(first);
        }
        match issuer {
            "" => return then(&self.none),
            OTHER => return then(&self.other),
            _ => {}
        }
        let first = self.first.get_or_init(|| IssuerCounters::new(issuer));
        if *first.name == *issuer {
            return then(first);
        }
        let by_name = self.by_name.load();
        let index = position(&by_name, issuer).ok();
        if let Some(counters) = index.and_then(|index| by_name.get(index)) {
            return then(counters);
        }
        match self.add(issuer) {
            Some(counters) => then(&counters),
            None => then(&self.other),
        }
    }

    /// Returns the counters of an issuer that had none, unless there are too many.
    #[cold]
    fn add(&self, issuer: &str) -> Option<Arc<IssuerCounters>> {
        let max = self.max.load(Ordering::Relaxed).saturating_sub(1);
        let new = LazyLock::new(|| Arc::new(IssuerCounters::new(issuer)));
        self.by_name.rcu(|all| match position(all, issuer) {
            Err(index) if all.len() < max => {
                let mut all = all.to_vec();
                all.insert(index, Arc::clone(&new));
                Arc::new(all)
            }
            // There are too many, or another thread was first.
            _ => Arc::clone(all),
        });
        let all = self.by_name.load();
        all.get(position(&all, issuer).ok()?).cloned()
    }
}

/// Returns the index of an issuer, or the one where it is to be inserted.
fn position(all: &[Arc<IssuerCounters>], issuer: &str) -> Result<usize, usize> {
    all.binary_search_by(|counters| (*counters.name).cmp(issuer))
}

impl IssuerCounters {
    fn new(issuer: &str) -> Self {
        Self {
            label: SharedString::from_shared(issuer.into()),
            name: issuer.into(),
            accepted: Default::default(),
            passed: CachedCounter::default(),
            rejected: (0..REASONS.len()).map(|_| Default::default()).collect(),
            introspections: Default::default(),
        }
    }

    pub(super) fn count_request(&self, request: &RequestEvent<'_>) {
        let scheme = scheme_index(request);
        let counter = match request.outcome {
            RequestOutcome::Accepted => self.accepted.get(scheme),
            RequestOutcome::Passed => Some(&self.passed),
            _ => {
                let reason = reasons::index_of(request.reason());
                let of_reason = self.rejected.get(reason);
                of_reason.and_then(|by_scheme| by_scheme.get(scheme))
            }
        };
        let Some(counter) = counter else { return };
        counter.increment(|| {
            let labels = [
                Label::from_static_parts(names::OUTCOME, request.outcome.name()),
                Label::from_static_parts(names::REASON, request.reason()),
                Label::from_static_parts(names::SCHEME, request.scheme_name()),
                self.label(),
            ];
            key(names::REQUESTS, labels)
        });
    }

    pub(super) fn count_introspection(&self, outcome: IntrospectionOutcome) {
        let index = match outcome {
            IntrospectionOutcome::Active => 0,
            IntrospectionOutcome::Inactive => 1,
            IntrospectionOutcome::Cached => 2,
            _ => 3,
        };
        let Some(counter) = self.introspections.get(index) else {
            return;
        };
        counter.increment(|| {
            let result = Label::from_static_parts(names::RESULT, outcome.name());
            key(names::INTROSPECTIONS, [self.label(), result])
        });
    }

    fn label(&self) -> Label {
        Label::new(names::ISSUER, self.label.clone())
    }
}

const fn scheme_index(request: &RequestEvent<'_>) -> usize {
    match request.scheme {
        Some(TokenScheme::Bearer) => 0,
        Some(TokenScheme::Dpop) => 1,
        None => 2,
    }
}
