//! The costs of a request in allocations and in instructions, which do not depend on the load of
//! the machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod allocations;
mod baseline;
mod callgrind;
mod counting;
mod growth;
mod instructions;
mod support;
mod workloads;
