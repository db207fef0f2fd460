//! The layer among other layers and under axum.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stdout,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is the report"
)]

mod axum;
mod expiry;
mod nest;
mod nested;
mod readiness;
mod rejection;
mod support;
