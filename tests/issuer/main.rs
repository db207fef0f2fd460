//! The key cache against a real issuer on loopback, over real sockets, with every fault that it
//! knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "in a test a panic is the report, and some of these print what they measure"
)]

mod faults;
mod latency;
mod runtime;
mod support;
