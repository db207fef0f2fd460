//! The parts that the benchmarks share.

pub(crate) mod bare;
pub(crate) mod candidates;
pub(crate) mod fetched;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod tokens;
