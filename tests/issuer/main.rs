//! The key cache with the issuer of the test kit over sockets on loopback, with every fault of the
//! kit.
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
