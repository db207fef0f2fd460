//! What each metric means.

use ::metrics::{Unit, with_recorder};

use super::names;

/// The description of a metric, for documents, dashboards and tests.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MetricDescription {
    /// The name.
    pub name: &'static str,
    /// The kind: counter, gauge or histogram.
    pub kind: MetricKind,
    /// The unit of its value.
    pub unit: MetricUnit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means, in one line.
    pub text: &'static str,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// A number that [`Metrics::record_health`](super::Metrics::record_health) sets.
    Gauge,
    /// A distribution.
    Histogram,
}

/// The unit of the value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricUnit {
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

impl MetricUnit {
    const fn of_facade(self) -> Unit {
        match self {
            Self::Count => Unit::Count,
            Self::Bytes => Unit::Bytes,
            Self::Seconds => Unit::Seconds,
        }
    }
}

/// Describes the metrics to the recorder that is installed, so that exporters show what they mean.
///
/// [`Metrics::record_health`](super::Metrics::record_health) calls it once.
pub fn describe_metrics() {
    with_recorder(|recorder| {
        for metric in METRICS {
            let (name, text) = (metric.name.into(), metric.text.into());
            let unit = Some(metric.unit.of_facade());
            match metric.kind {
                MetricKind::Counter => recorder.describe_counter(name, unit, text),
                MetricKind::Gauge => recorder.describe_gauge(name, unit, text),
                MetricKind::Histogram => recorder.describe_histogram(name, unit, text),
            }
        }
    });
}

const fn metric(
    name: &'static str,
    (kind, unit): (MetricKind, MetricUnit),
    labels: &'static [&'static str],
    text: &'static str,
) -> MetricDescription {
    MetricDescription {
        name,
        kind,
        unit,
        labels,
        text,
    }
}

const COUNTER: (MetricKind, MetricUnit) = (MetricKind::Counter, MetricUnit::Count);
const GAUGE: (MetricKind, MetricUnit) = (MetricKind::Gauge, MetricUnit::Count);
const BYTES: (MetricKind, MetricUnit) = (MetricKind::Gauge, MetricUnit::Bytes);
const AGE: (MetricKind, MetricUnit) = (MetricKind::Gauge, MetricUnit::Seconds);
const DURATION: (MetricKind, MetricUnit) = (MetricKind::Histogram, MetricUnit::Seconds);

/// All metrics.
pub const METRICS: &[MetricDescription] = &[
    metric(
        names::REQUESTS,
        COUNTER,
        &[names::OUTCOME, names::REASON, names::SCHEME, names::ISSUER],
        "Requests that a layer or an authenticator has decided on.",
    ),
    metric(
        names::REQUIREMENT_REJECTIONS,
        COUNTER,
        &[names::REASON],
        "Requests that something below the layer has rejected, such as a RequireLayer.",
    ),
    metric(
        names::WAIT_SECONDS,
        DURATION,
        &[names::FOR],
        "The time that requests have waited; those that need not wait are not counted.",
    ),
    metric(
        names::KEYS_FETCHES,
        COUNTER,
        &[names::ISSUER, names::RESULT],
        "Fetches of key sets.",
    ),
    metric(
        names::KEYS_FETCH_SECONDS,
        DURATION,
        &[names::ISSUER],
        "The time that fetches of key sets take.",
    ),
    metric(
        names::KEYS,
        GAUGE,
        &[names::ISSUER],
        "Keys of the issuer, including expired ones.",
    ),
    metric(
        names::KEYS_AGE_SECONDS,
        AGE,
        &[names::ISSUER],
        "The time since the keys were last fetched or read.",
    ),
    metric(
        names::KEYS_STATE,
        GAUGE,
        &[names::ISSUER, names::STATE],
        "1 for the state that the keys are in.",
    ),
    metric(
        names::REFETCH_LIMIT_REACHED,
        COUNTER,
        &[names::ISSUER],
        "How many times tokens whose key is unknown have reached the refetch_limit.",
    ),
    metric(
        names::TOKEN_CACHE,
        COUNTER,
        &[names::RESULT],
        "Look-ups in the cache of verified tokens (hit, miss), and verified tokens that it did not \
         take (skipped).",
    ),
    metric(
        names::TOKEN_CACHE_EVICTIONS,
        COUNTER,
        &[],
        "Cached tokens that were removed before they expired, to make room for others.",
    ),
    metric(names::TOKEN_CACHE_ENTRIES, GAUGE, &[], "Cached tokens."),
    metric(
        names::TOKEN_CACHE_BYTES,
        BYTES,
        &[],
        "The bytes that cached tokens count as, of max_bytes.",
    ),
    metric(
        names::INTROSPECTIONS,
        COUNTER,
        &[names::ISSUER, names::RESULT],
        "Introspected tokens, by result: active, inactive, cached or error.",
    ),
    metric(
        names::INTROSPECTION_SECONDS,
        DURATION,
        &[names::ISSUER],
        "The time that requests to the introspection endpoint take.",
    ),
    metric(
        names::DPOP_REJECTIONS,
        COUNTER,
        &[names::REASON],
        "Requests whose DPoP proof was rejected.",
    ),
    metric(
        names::DPOP_NONCES_ISSUED,
        COUNTER,
        &[],
        "DPoP nonces that were sent to clients.",
    ),
    metric(
        names::REPLAYS_REJECTED,
        COUNTER,
        &[names::KIND],
        "Tokens and DPoP proofs that had been used before.",
    ),
    metric(
        names::REPLAY_ENTRIES,
        GAUGE,
        &[names::KIND],
        "Used tokens and proofs in the memory of this process.",
    ),
    metric(
        names::STORE_OPERATIONS,
        COUNTER,
        &[names::STORE, names::OPERATION, names::RESULT],
        "Operations of the stores of used tokens and proofs.",
    ),
    metric(
        names::STORE_SECONDS,
        DURATION,
        &[names::STORE, names::OPERATION],
        "The time that operations of stores take, if they wait.",
    ),
    metric(
        names::REVOCATION_ENTRIES,
        GAUGE,
        &[],
        "Entries of the list of revocations.",
    ),
    metric(
        names::REVOCATION_STALENESS_SECONDS,
        AGE,
        &[],
        "The time since the list of revocations was up to date with its store; +Inf before it was \
         loaded.",
    ),
    metric(
        names::REVOCATION_STORE_FAILURES,
        COUNTER,
        &[],
        "Failures of the store of revocations, in reading or writing.",
    ),
    metric(
        names::SECRETS_RELOADS,
        COUNTER,
        &[names::ISSUER, names::RESULT],
        "Changes of watched files of keys and secrets, and failures to read them.",
    ),
    metric(
        names::SECRETS_RELOAD_FAILURES,
        GAUGE,
        &[names::ISSUER],
        "How many times in a row reading watched files has failed.",
    ),
    metric(
        names::SECRET_AGE_SECONDS,
        AGE,
        &[names::ISSUER],
        "The age of the oldest secret that is current.",
    ),
];
