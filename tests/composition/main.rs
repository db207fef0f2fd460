//! The layer composed with others: above it, below it and around it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is the report"
)]

mod addresses;
mod balance;
mod callers;
mod clones;
mod grpc;
mod inherited;
mod limits;
mod permits;
mod require;
mod require_readiness;
mod retry;
mod scoped;
#[path = "../layer/support.rs"]
mod support;
mod watched;
mod web;
