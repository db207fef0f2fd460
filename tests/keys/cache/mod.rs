//! The key cache, state by state: a mock HTTP client and tokio's paused clock.

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
mod members;
mod metadata;
pub(crate) mod mock;
mod no_cache;
mod outage;
mod panic;
mod plain_http;
mod private_url;
mod redirects;
mod refresh;
mod rekeying;
mod restart;
mod runtime;
mod schedule;
mod shutdown;
mod site;
#[cfg(unix)]
mod snapshot_trust;
mod unknown;
mod unusable;
mod withdrawal;
