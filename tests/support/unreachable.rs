//! A key source whose keys are unavailable.

use std::future::ready;
use std::time::Duration;

use tower_jwt_auth::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};

/// The time is that of `Retry-After`.
pub(crate) struct Unreachable(pub(crate) Duration);

impl KeySource for Unreachable {
    fn current(&self) -> Option<Keys<'_>> {
        None
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(ready(Err(KeysError::new(
            self.0,
            "connection to 10.0.0.7 refused",
        ))))
    }
}
