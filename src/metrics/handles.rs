//! Handles of metrics. Those of the hot path are made once, and the others at each use.

use std::sync::OnceLock;

use ::metrics::{Counter, Key, Label, Level, Metadata, Recorder, with_recorder};

const METADATA: Metadata<'static> =
    Metadata::new("tower_jwt_auth", Level::INFO, Some("tower_jwt_auth"));

/// A counter whose handle is made when it is first incremented while a recorder is installed: a
/// handle that is made before would count nothing for ever.
#[derive(Default)]
pub(super) struct CachedCounter(OnceLock<Counter>);

impl CachedCounter {
    /// `key` returns the name and the labels.
    pub(super) fn increment(&self, key: impl FnOnce() -> Key) {
        match self.0.get() {
            Some(counter) => counter.increment(1),
            None => self.increment_first(key),
        }
    }

    #[cold]
    fn increment_first(&self, key: impl FnOnce() -> Key) {
        with_recorder(|recorder| {
            if is_none(recorder) {
                return;
            }
            let counter = recorder.register_counter(&key(), &METADATA);
            counter.increment(1);
            // If another thread was first, both handles are of one counter.
            drop(self.0.set(counter));
        });
    }
}

/// Returns whether no recorder is installed: the one that stands for it has no state. The facade
/// offers no other way to tell.
fn is_none(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) == 0
}

/// Returns whether a recorder is installed.
pub(super) fn is_recorded() -> bool {
    with_recorder(|recorder| !is_none(recorder))
}

pub(super) fn key<const N: usize>(name: &'static str, labels: [Label; N]) -> Key {
    Key::from_parts(name, Vec::from(labels))
}

pub(super) fn count(key: &Key) {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA).increment(1));
}

/// Sets a counter to a total that is counted elsewhere.
pub(super) fn set_total(key: &Key, total: u64) {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA).absolute(total));
}

pub(super) fn set(key: &Key, value: f64) {
    with_recorder(|recorder| recorder.register_gauge(key, &METADATA).set(value));
}

pub(super) fn record(key: &Key, value: f64) {
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA).record(value));
}
