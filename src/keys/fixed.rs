//! Keys that are configured and never change.

use std::future::ready;

use super::source::{KeyQuery, KeySource, Keys, KeysFuture};
use crate::jwk::KeySet;

/// Always available, with nothing to refresh.
impl KeySource for KeySet {
    fn current(&self) -> Option<Keys<'_>> {
        Some(Keys::from(self))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(ready(Ok(())))
    }
}
