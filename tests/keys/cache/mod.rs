//! The key cache, state by state: a mock HTTP client and tokio's paused clock.

mod bounds;
mod cold;
mod cover;
mod defaults;
mod discovery;
mod disk;
mod events;
mod hostile;
mod lifetime;
mod mock;
mod outage;
mod panic;
mod private_url;
mod refresh;
mod restart;
mod runtime;
mod schedule;
mod shutdown;
mod unknown;
