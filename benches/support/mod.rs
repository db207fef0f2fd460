//! What the benchmarks share.

pub(crate) mod allocations;
pub(crate) mod candidates;
