//! What a recorder has recorded.

use std::collections::{BTreeMap, BTreeSet};

use ::metrics::with_local_recorder;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};

use crate::support::tokio::runtime::Builder;

/// One series.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(crate) labels: BTreeMap<String, String>,
    /// The count or value; of a histogram, the number of values.
    pub(crate) value: f64,
    /// Of a histogram.
    pub(crate) values: Vec<f64>,
}

/// Runs a future with a recorder of its own, and the clock of tokio paused. Returns what was
/// recorded.
pub(crate) fn recorded(future: impl Future<Output = ()>) -> Vec<Series> {
    recorded_by(|| run(future))
}

/// Calls a function with a recorder of its own. Returns what was recorded.
pub(crate) fn recorded_by(run: impl FnOnce()) -> Vec<Series> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    with_local_recorder(&recorder, run);
    all(snapshotter.snapshot())
}

pub(crate) fn run(future: impl Future<Output = ()>) {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future);
}

pub(crate) fn all(snapshot: Snapshot) -> Vec<Series> {
    let series = snapshot.into_vec().into_iter();
    let series = series.map(|(key, _, _, value)| {
        let (kind, key) = key.into_parts();
        let labels = key.labels();
        let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
        let (value, values) = match value {
            #[expect(clippy::cast_precision_loss, reason = "tests count to a thousand")]
            DebugValue::Counter(count) => (count as f64, Vec::new()),
            DebugValue::Gauge(value) => (value.0, Vec::new()),
            DebugValue::Histogram(values) => {
                let values: Vec<_> = values.iter().map(|value| value.0).collect();
                #[expect(clippy::cast_precision_loss, reason = "tests count to a thousand")]
                let count = values.len() as f64;
                (count, values)
            }
        };
        Series {
            name: key.name().to_owned(),
            kind,
            labels: labels.collect(),
            value,
            values,
        }
    });
    series.collect()
}

/// Returns the value of a series.
#[track_caller]
pub(crate) fn value(all: &[Series], name: &str, labels: &[(&str, &str)]) -> f64 {
    let found = find(all, name, labels);
    found.unwrap_or_else(|| panic!("no series {name} {labels:?}"))
}

/// Returns the value of a series, or 0 if there is none, as a counter that was never incremented.
#[track_caller]
pub(crate) fn value_or_zero(all: &[Series], name: &str, labels: &[(&str, &str)]) -> f64 {
    find(all, name, labels).unwrap_or(0.0)
}

#[track_caller]
fn find(all: &[Series], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let has_labels = |series: &&Series| {
        series.name == name
            && series.labels.len() == labels.len()
            && labels
                .iter()
                .all(|(label, value)| series.labels.get(*label).is_some_and(|own| own == value))
    };
    let found: Vec<_> = all.iter().filter(has_labels).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.first().map(|series| series.value)
}

/// Returns the values that a label has in a metric.
pub(crate) fn values_of(all: &[Series], name: &str, label: &str) -> BTreeSet<String> {
    let of_metric = all.iter().filter(|series| series.name == name);
    of_metric
        .filter_map(|series| series.labels.get(label))
        .cloned()
        .collect()
}
