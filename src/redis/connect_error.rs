//! Why a store is not connected.

use std::error::Error as StdError;
use std::fmt;

use super::failure::Failure;

/// The error of [`RedisReplayStore::connect`](crate::RedisReplayStore::connect).
///
/// Shows the reason, and no password and no text of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisConnectError(pub(super) Failure);

impl RedisConnectError {
    /// Returns the reason, such as `Redis rejected the credentials`. The texts are those of
    /// [`RedisHealth::last_failure`](crate::RedisHealth::last_failure), and may change.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.0.reason()
    }
}

impl fmt::Display for RedisConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl StdError for RedisConnectError {}
