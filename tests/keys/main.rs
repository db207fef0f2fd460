//! The key cache: fetching, refreshing, discovery, outages.

mod cache;
mod candidates;
mod files;
mod health;
mod issuers;
mod network;
mod secrets_beside_fetched_keys;
mod shared_public_keys;
mod shared_secrets;
mod unavailable;

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
