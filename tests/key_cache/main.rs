//! The key cache, state by state: a mock HTTP client and tokio's paused clock.
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

mod bounds;
mod cold;
mod cover;
mod defaults;
mod discovery;
mod disk;
mod events;
mod fresh_keys;
mod hostile;
mod key_hosts;
mod lifetime;
mod mock;
mod no_cache;
mod outage;
mod panic;
mod private_url;
mod redirects;
mod refresh;
mod rekeying;
mod restart;
mod runtime;
mod schedule;
mod shutdown;
#[cfg(unix)]
mod snapshot_trust;
mod unknown;
mod withdrawal;
