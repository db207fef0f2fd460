//! Stores that several processes share.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;

use crate::revocation::RevocationEntry;

/// A store of revocations that several processes share, for
/// [`RevocationSettings::store`](crate::RevocationSettings::store). With feature `redis`, there is
/// `RedisRevocationStore`.
///
/// Each process has the whole list in memory, and no request waits for the store. Errors are shown
/// in log events and in [`RevocationHealth`](crate::RevocationHealth): they must contain nothing
/// secret.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use futures::stream::unfold;
/// use tower_jwt_auth::{
///     RevocationEntry, RevocationStore, RevocationStoreFuture, RevocationUpdate, RevocationUpdates,
/// };
///
/// /// Stands for a database: entries are rows, in the order in which they were added.
/// #[derive(Clone, Default)]
/// struct Database(Arc<Mutex<Vec<RevocationEntry>>>);
///
/// impl RevocationStore for Database {
///     fn add(&self, entries: Vec<RevocationEntry>) -> RevocationStoreFuture {
///         let this = self.clone();
///         Box::pin(async move {
///             this.0.lock().map_err(|_| "the database is broken")?.extend(entries);
///             Ok(())
///         })
///     }
///
///     fn follow(&self) -> RevocationUpdates {
///         let start = (self.clone(), 0);
///         Box::pin(unfold(start, |(this, position)| async move {
///             if position > 0 {
///                 tokio::time::sleep(Duration::from_millis(500)).await;
///             }
///             let rows = this.0.lock().ok()?.clone();
///             let new = rows.get(position..)?.to_vec();
///             Some((Ok(RevocationUpdate::up_to_date(new)), (this, rows.len())))
///         }))
///     }
/// }
/// ```
pub trait RevocationStore: Send + Sync + 'static {
    /// Stores entries. The future is ready when they are stored: other processes get them soon, also
    /// those that start later.
    ///
    /// Of two entries with one [id](RevocationEntry::id), the one that ends later must stay. Entries
    /// may be deleted when they have [ended](RevocationEntry::ends_at), and not before. The call is
    /// repeated with the same entries, and later ones, until it succeeds. After 10 seconds, it counts
    /// as failed.
    fn add(&self, entries: Vec<RevocationEntry>) -> RevocationStoreFuture;

    /// Returns a stream of all entries that are stored, and then of those that are added.
    ///
    /// It must ask the store when it is polled, not before: what an item says counts from the time
    /// when it was polled for. At least one item is needed every few seconds, also without entries:
    /// after 10 seconds without one, the stream counts as failed. An entry may come repeatedly, and
    /// may come back to the process that has added it. After an error, or its end, the stream is
    /// dropped, and this is called again.
    fn follow(&self) -> RevocationUpdates;
}

impl<T: RevocationStore + ?Sized> RevocationStore for Arc<T> {
    fn add(&self, entries: Vec<RevocationEntry>) -> RevocationStoreFuture {
        (**self).add(entries)
    }

    fn follow(&self) -> RevocationUpdates {
        (**self).follow()
    }
}

/// The future of [`RevocationStore::add`].
pub type RevocationStoreFuture =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn StdError + Send + Sync>>> + Send>>;

/// The stream of [`RevocationStore::follow`].
pub type RevocationUpdates =
    Pin<Box<dyn Stream<Item = Result<RevocationUpdate, Box<dyn StdError + Send + Sync>>> + Send>>;

/// An item of [`RevocationStore::follow`].
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct RevocationUpdate {
    pub(super) entries: Vec<RevocationEntry>,
    pub(super) is_up_to_date: bool,
}

impl RevocationUpdate {
    /// Returns entries after which others are to come that are stored already.
    pub const fn partial(entries: Vec<RevocationEntry>) -> Self {
        Self {
            entries,
            is_up_to_date: false,
        }
    }

    /// Returns entries, or none, after which the stream has had all that were stored when it was
    /// polled for this item.
    pub const fn up_to_date(entries: Vec<RevocationEntry>) -> Self {
        Self {
            entries,
            is_up_to_date: true,
        }
    }
}

/// Shows the number of entries.
impl fmt::Debug for RevocationUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationUpdate")
            .field("entries", &self.entries.len())
            .field("is_up_to_date", &self.is_up_to_date)
            .finish()
    }
}
