//! Runs the built examples as their users do: real processes, real sockets.
//!
//! Cargo builds the examples for `cargo test`, but not for `cargo test --test examples`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "in a test a clear panic beats an error to handle"
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
