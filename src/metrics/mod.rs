//! Metrics by the facade of the crate `metrics` (feature `metrics`).

pub mod names;
