//! The counters of each issuer.

use std::array::from_fn;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::metrics::{Label, SharedString};
use foldhash::fast::RandomState;

use super::handles::{CachedCounter, key};
use super::names;
use super::reasons::{self, REASONS};
use crate::{IntrospectionOutcome, RequestEvent, RequestOutcome};

const BUCKETS: usize = 64;
/// The default of [`Metrics::max_issuers`](super::Metrics::max_issuers).
const MAX_ISSUERS: usize = 100;
/// The label of the issuers beyond the maximum.
const OTHER: &str = "other";

/// The counters of all issuers. Found without a lock, and never removed: only configured issuers
/// have any, up to a maximum. The others share theirs.
pub(super) struct Issuers {
    max: AtomicUsize,
    /// How many have counters, but for `first`, and those of requests without an issuer.
    more: AtomicUsize,
    other: OnceLock<Box<IssuerCounters>>,
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
            max: AtomicUsize::new(MAX_ISSUERS),
            more: AtomicUsize::new(0),
            other: OnceLock::new(),
            first: OnceLock::new(),
            hasher: RandomState::default(),
            buckets: from_fn(|_| OnceLock::new()),
        }
    }
}

impl Issuers {
    /// Sets the maximum number of issuers with counters. At least one has.
    pub(super) fn set_max(&self, max: usize) {
        // Relaxed, here and below: the numbers guard no other memory.
        self.max.store(max, Ordering::Relaxed);
    }

    /// Returns the label of an issuer.
    pub(super) fn label(&self, issuer: &str) -> Label {
        self.with(issuer, IssuerCounters::label)
    }

    /// Returns whether an issuer shares the label of those beyond the maximum.
    pub(super) fn is_other(&self, issuer: &str) -> bool {
        self.with(issuer, |counters| *counters.name != *issuer)
    }

    /// Calls `then` with the counters of an issuer.
    pub(super) fn with<T>(&self, issuer: &str, then: impl FnOnce(&IssuerCounters) -> T) -> T {
        // Requests without an issuer don't use this slot.
        if !issuer.is_empty() {
            let new = || Box::new(IssuerCounters::new(issuer));
            let first = self.first.get_or_init(new);
            if *first.name == *issuer {
                return then(first);
            }
        }
        self.with_more(issuer, then)
    }

    fn with_more<T>(&self, issuer: &str, then: impl FnOnce(&IssuerCounters) -> T) -> T {
        let buckets = u64::try_from(BUCKETS).unwrap_or(1);
        let bucket = self.hasher.hash_one(issuer).rem_euclid(buckets);
        let bucket = usize::try_from(bucket).ok();
        let mut bucket = bucket.and_then(|bucket| self.buckets.get(bucket));
        let mut has_place = false;
        // Ends at a node that was just added, if not before.
        while let Some(cell) = bucket {
            if cell.get().is_none() && !has_place {
                has_place = self.take_place(issuer);
                if !has_place {
                    break;
                }
            }
            let mut is_added = false;
            let node = cell.get_or_init(|| {
                is_added = true;
                Box::new(Node::new(issuer))
            });
            if *node.counters.name == *issuer {
                if has_place && !is_added && !issuer.is_empty() {
                    // Another thread was first.
                    self.more.fetch_sub(1, Ordering::Relaxed);
                }
                return then(&node.counters);
            }
            bucket = Some(&node.next);
        }
        let new = || Box::new(IssuerCounters::new(OTHER));
        then(self.other.get_or_init(new))
    }

    /// Returns whether there is a place for one more issuer, and takes it.
    fn take_place(&self, issuer: &str) -> bool {
        let max = self.max.load(Ordering::Relaxed).saturating_sub(1);
        let take = |more: usize| (more < max).then(|| more.saturating_add(1));
        issuer.is_empty()
            || self
                .more
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
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
