//! Checks of the user's own (`TokenCheck`), stores of used tokens (`ReplayStore`), and the list of
//! revoked ones (`Revocations`).

mod errors;
mod http_client;
mod memory_replay_store;
mod order;
mod policy;
mod replay_store;
mod revocations;
mod shared_revocations;
mod support;
mod token_ids;
mod waiting;
