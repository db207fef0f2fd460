//! Checks of the user's own (`TokenCheck`), and stores of used tokens (`ReplayStore`).

mod errors;
mod http_client;
mod memory_replay_store;
mod order;
mod policy;
mod replay_store;
mod support;
mod token_ids;
mod waiting;
