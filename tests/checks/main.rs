//! Checks of the user's own (`TokenCheck`), and stores of used tokens (`ReplayStore`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking"
)]

mod errors;
mod http_client;
mod memory_replay_store;
mod order;
mod replay_store;
mod support;
mod waiting;
