//! Stores of used tokens and proofs.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::ReplayKey;

/// A store of the ids of used tokens and DPoP proofs, for
/// [`JwtAuthBuilder::replay_store`](crate::JwtAuthBuilder::replay_store) and
/// [`Dpop::replay_store`](crate::Dpop::replay_store): a database or cache that several processes
/// share. For one process, there is [`MemoryReplayStore`](super::MemoryReplayStore).
///
/// # Examples
///
/// ```
/// use std::collections::HashSet;
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use tower_jwt_auth::{InsertOutcome, ReplayKey, ReplayStore};
///
/// /// Stands for a connection to a database, which waits for its response.
/// #[derive(Clone, Default)]
/// struct Database(Arc<Mutex<HashSet<[u8; 16]>>>);
///
/// impl ReplayStore for Database {
///     fn insert_once(&self, key: ReplayKey<'_>, _ttl: Duration) -> InsertOutcome {
///         let (this, digest) = (self.clone(), key.digest());
///         InsertOutcome::Pending(Box::pin(async move {
///             Ok(this.0.lock().map_err(|_| "the store is broken")?.insert(digest))
///         }))
///     }
/// }
/// ```
pub trait ReplayStore: Send + Sync + 'static {
    /// Stores a key for the duration `ttl`. The outcome is true if it was not stored before.
    ///
    /// If the response comes after [`check_timeout`](crate::JwtAuthBuilder::check_timeout), the
    /// request has already been rejected with 503, and the token or proof may count as used. So the
    /// store should have a shorter time limit of its own, and return it from
    /// [`timeout`](Self::timeout).
    ///
    /// Must be atomic: of two concurrent calls with one key, only one may return true. Must not
    /// block: return [`InsertOutcome::Pending`] to wait. Must return an error, and not forget a
    /// key, if there is no space.
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome;

    /// Returns whether several processes share the store, for
    /// [`Authenticator::replay_health`](crate::Authenticator::replay_health). Default: true.
    fn is_shared(&self) -> bool {
        true
    }

    /// Returns the number of entries, for [`ReplayHealth`](crate::ReplayHealth). Default: `None`,
    /// for a store that does not know it, or can't tell without waiting.
    fn entries(&self) -> Option<usize> {
        None
    }

    /// Returns how an operation has failed that led to this error of the store, for
    /// [`Observe::store_operation`](crate::Observe::store_operation). Default:
    /// [`StoreFailure::Failed`].
    fn failure(&self, error: &(dyn StdError + Send + Sync + 'static)) -> StoreFailure {
        let _ = error;
        StoreFailure::Failed
    }

    /// Returns the time limit of an operation, after which the store returns an error. Default:
    /// `None`, for a store without a time limit.
    ///
    /// Building a layer fails if its [`check_timeout`](crate::JwtAuthBuilder::check_timeout) is not
    /// longer: it would end each wait first, and the store would never notice an outage.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Prepares the store for the first request, for example by opening a connection. Default: does
    /// nothing. [`Authenticator::prefetch`](crate::Authenticator::prefetch) calls it, and waits for
    /// at most 5 s. The store must also work if it is not called.
    ///
    /// An error is logged at level warn, with its sources: they must contain no password.
    fn prepare(&self) -> ReplayStoreFuture {
        Box::pin(async { Ok(()) })
    }
}

/// How an operation of a [`ReplayStore`] has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFailure {
    /// The store did not respond in time.
    TimedOut,
    /// The operation was not sent: the store has failed before.
    Skipped,
    /// Anything else.
    Failed,
}

/// The future that [`ReplayStore::prepare`] returns.
pub type ReplayStoreFuture =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn StdError + Send + Sync>>> + Send>>;

impl<T: ReplayStore + ?Sized> ReplayStore for Arc<T> {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        (**self).insert_once(key, ttl)
    }

    fn is_shared(&self) -> bool {
        (**self).is_shared()
    }

    fn entries(&self) -> Option<usize> {
        (**self).entries()
    }

    fn failure(&self, error: &(dyn StdError + Send + Sync + 'static)) -> StoreFailure {
        (**self).failure(error)
    }

    fn timeout(&self) -> Option<Duration> {
        (**self).timeout()
    }

    fn prepare(&self) -> ReplayStoreFuture {
        (**self).prepare()
    }
}

/// Whether the key was not stored before.
pub(crate) type Inserted = Result<bool, Box<dyn StdError + Send + Sync>>;

/// The outcome of [`ReplayStore::insert_once`], or a future of it.
///
/// With an error, or after [`check_timeout`](crate::JwtAuthBuilder::check_timeout), the request
/// gets 503 ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)).
#[must_use]
#[non_exhaustive]
pub enum InsertOutcome {
    /// The outcome.
    Ready(Inserted),
    /// A future that resolves to the outcome.
    Pending(InsertFuture),
    /// The same, from a store that has another one in reserve for its outages: the outcome says
    /// which of them has responded, for
    /// [`Observe::store_operation`](crate::Observe::store_operation).
    PendingWithFallback(Pin<Box<dyn Future<Output = Responded> + Send>>),
}

/// The response of a store with a fallback: whether the key was not stored before, by which of the
/// two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InsertResponse {
    /// The store itself.
    Store(bool),
    /// Its fallback, since the store has failed.
    Fallback(bool),
}

type Responded = Result<InsertResponse, Box<dyn StdError + Send + Sync>>;
type InsertFuture = Pin<Box<dyn Future<Output = Inserted> + Send>>;

impl InsertResponse {
    /// Returns whether the key was not stored before.
    #[must_use]
    pub const fn is_new(self) -> bool {
        match self {
            Self::Store(is_new) | Self::Fallback(is_new) => is_new,
        }
    }
}

impl InsertOutcome {
    /// Waits for the outcome: true if the key was not stored before.
    ///
    /// # Errors
    ///
    /// If the store has failed.
    pub async fn wait(self) -> Result<bool, Box<dyn StdError + Send + Sync>> {
        match self.ready() {
            Ok(inserted) => inserted,
            Err(pending) => pending.await,
        }
    }

    /// Returns the outcome, or a future of it if that is to be waited for.
    pub(crate) fn ready(self) -> Result<Inserted, InsertFuture> {
        match self {
            Self::Ready(inserted) => Ok(inserted),
            Self::Pending(pending) => Err(pending),
            Self::PendingWithFallback(pending) => Err(Box::pin(async {
                pending.await.map(InsertResponse::is_new)
            })),
        }
    }
}

impl fmt::Debug for InsertOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(outcome) => f.debug_tuple("Ready").field(outcome).finish(),
            Self::Pending(_) => f.write_str("Pending"),
            Self::PendingWithFallback(_) => f.write_str("PendingWithFallback"),
        }
    }
}
