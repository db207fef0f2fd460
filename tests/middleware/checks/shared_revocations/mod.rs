//! A list of revocations that several processes share (`RevocationStore`), with a store in memory
//! and tokio's paused clock.

mod following;
mod staleness;
mod support;
mod writing;
