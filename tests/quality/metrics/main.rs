//! Metrics (feature `metrics`): every one is emitted with the labels that are described, hostile
//! requests make no series, and real Prometheus text has all of them.
#![allow(clippy::float_cmp, reason = "these numbers are counts, and exact")]

mod documents;
mod files;
mod hostile;
mod prometheus;
mod recorders;
mod removed;
mod scenario;
mod series;
mod states;
mod values;

#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
