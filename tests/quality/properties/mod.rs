//! Properties that hold for every input of a kind. Each is compared with a model that was written
//! from the RFC and not from the code.
//!
//! `PROPTEST_CASES` sets how many inputs are tried, `PROPTEST_RNG_SEED` which ones. A failure
//! prints the smallest input that fails. Make a test of it, next to the others of its topic.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "in a test a panic is the report"
)]

mod audience;
mod base64url;
mod cache_control;
mod challenge;
mod claims_types;
mod client_certificates;
mod dates;
mod decimal;
mod diagnosis;
mod grammar;
mod ml_dsa;
mod revocations;
mod scopes;
mod support;
mod values;
