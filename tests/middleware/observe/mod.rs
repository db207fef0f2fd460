//! Observers (`Observe`): what they are told of requests, waits, keys and stores.

#[cfg(feature = "axum")]
mod below;
mod caches;
mod dpop;
mod introspection;
mod keys;
mod panics;
mod recorder;
mod requests;
mod stores;
mod waits;
