//! The counters of each issuer.

use std::array::from_fn;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;

use ::metrics::{Label, SharedString};
use foldhash::fast::RandomState;

use super::handles::{CachedCounter, key};
use super::names;
use super::reasons::{self, REASONS};
use crate::{IntrospectionOutcome, RequestEvent, RequestOutcome};

const BUCKETS: usize = 64;

/// The counters of all issuers. Found without a lock, and never removed: only configured issuers
/// have any.
pub(super) struct Issuers {
    /// The first issuer that was counted. Most services have no other.
    first: OnceLock<Box<IssuerCounters>>,
    hasher: RandomState,
    buckets: [OnceLock<Box<Node>>; BUCKETS],
}

struct Node {
    counters: IssuerCounters,
    /// Another issuer in the same bucket.
    next: OnceLock<Box<Node>>,
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
            first: OnceLock::new(),
            hasher: RandomState::default(),
            buckets: from_fn(|_| OnceLock::new()),
        }
    }
}

impl Issuers {
    /// Calls `then` with the counters of an issuer.
    pub(super) fn with(&self, issuer: &str, then: impl FnOnce(&IssuerCounters)) {
        // Requests without an issuer don't use this slot.
        if !issuer.is_empty() {
            let new = || Box::new(IssuerCounters::new(issuer));
            let first = self.first.get_or_init(new);
            if *first.name == *issuer {
                return then(first);
            }
        }
        self.with_other(issuer, then);
    }

    fn with_other(&self, issuer: &str, then: impl FnOnce(&IssuerCounters)) {
        let buckets = u64::try_from(BUCKETS).unwrap_or(1);
        let bucket = self.hasher.hash_one(issuer).rem_euclid(buckets);
        let bucket = usize::try_from(bucket).ok();
        let mut bucket = bucket.and_then(|bucket| self.buckets.get(bucket));
        // Ends at a node that was just added, if not before.
        while let Some(cell) = bucket {
            let node = cell.get_or_init(|| Box::new(Node::new(issuer)));
            if *node.counters.name == *issuer {
                return then(&node.counters);
            }
            bucket = Some(&node.next);
        }
    }
}

impl Node {
    fn new(issuer: &str) -> Self {
        Self {
            counters: IssuerCounters::new(issuer),
            next: OnceLock::new(),
        }
    }
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

fn scheme_index(request: &RequestEvent<'_>) -> usize {
    match request.scheme_name() {
        "bearer" => 0,
        "dpop" => 1,
        _ => 2,
    }
}
