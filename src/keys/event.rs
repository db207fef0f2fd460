//! What happens to the keys, for logs, metrics and alarms.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::jwk::KeySet;

/// Something happened to an issuer's keys. See [`Issuer::observe`](crate::Issuer::observe).
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysEvent<'e> {
    /// A fetch brought keys, or confirmed those at hand.
    #[non_exhaustive]
    Fetched {
        /// The keys.
        keys: &'e KeySet,
    },
    /// A fetch failed. The keys at hand stay.
    #[non_exhaustive]
    Failed {
        /// Why.
        error: &'e (dyn StdError + Send + Sync + 'static),
        /// How many have failed in a row, this one included.
        failures: u32,
    },
    /// The keys have outlived their life, and serve only because the issuer can't be reached.
    Stale,
    /// The keys have served beyond their life for as long as they may: from now on requests get 503.
    Expired,
    /// A fetch succeeded after some had failed.
    #[non_exhaustive]
    Recovered {
        /// How many had failed.
        failures: u32,
    },
    /// The file with the last good keys can't be read or written; see
    /// [`CacheSettings::snapshot_folder`](crate::CacheSettings::snapshot_folder).
    #[non_exhaustive]
    SnapshotFailed {
        /// Why.
        error: &'e std::io::Error,
    },
    /// Tokens with unknown key ids have used up their budget: a flood of them, or an issuer that rotates very fast.
    BudgetExhausted,
}

/// Who wants to know.
#[derive(Clone)]
pub(crate) struct Observer(Arc<Observe>);

type Observe = dyn Fn(&str, &KeysEvent<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&str, &KeysEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(super) fn tell(&self, issuer: &str, event: &KeysEvent<'_>) {
        (self.0)(issuer, event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
