//! The costs of a request in allocations and in instructions, which do not depend on the load of
//! the machine.

mod allocations;
mod baseline;
mod callgrind;
mod counting;
mod growth;
mod instructions;
#[cfg(feature = "metrics")]
mod recorder;
mod support;
mod workloads;
