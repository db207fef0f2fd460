//! Runs the built examples as users do, in processes and over sockets.
//!
//! Cargo builds the examples for `cargo test`, but not for `cargo test --test examples`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "in a test a panic is the report"
)]

mod demo;
mod grpc;
mod harness;
mod issuers;
mod options;
mod quickstart;
#[cfg(feature = "governor")]
mod rate_limit;
mod routes;
mod shutdown;
mod tokens;
mod user_lookup;
