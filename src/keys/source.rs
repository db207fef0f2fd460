//! What the middleware asks of a source of keys.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::jwk::KeySet;

/// A source of one issuer's keys.
///
/// The crate's own are built by [`Issuer`](crate::Issuer): fixed keys, a key set at a URL, discovery. Implement this for
/// another: a database, a secret manager, a file that is watched.
///
/// ```
/// use tower_jwt_auth::{KeyQuery, KeySet, KeySource, Keys, KeysFuture};
///
/// struct Mine(KeySet);
///
/// impl KeySource for Mine {
///     fn current(&self) -> Option<Keys<'_>> {
///         Some(Keys::from(&self.0))
///     }
///     fn refresh(&self, _: KeyQuery) -> KeysFuture {
///         Box::pin(std::future::ready(Ok(()))) // there is nothing newer
///     }
/// }
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// The keys at hand, or `None` before the first were loaded and after the last became too old. Called for every
    /// request: must neither wait nor lock.
    fn current(&self) -> Option<Keys<'_>>;

    /// Called when [`current`](KeySource::current) has no key for a token that passed every check that needs none.
    /// When it is done, `current` is looked at once more. Whoever implements this bounds how often it really fetches:
    /// callers can ask with as many made-up key ids as they like.
    fn refresh(&self, query: KeyQuery) -> KeysFuture;
}

/// What [`KeySource::refresh`] gives: ready when the keys at hand are as new as they get. If there are none even then, it
/// is an outage.
pub type KeysFuture = Pin<Box<dyn Future<Output = Result<(), KeysError>> + Send>>;

/// Which key is looked for.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct KeyQuery {
    /// The token's `kid`: hostile input, good only for comparison.
    pub key_id: Option<Box<str>>,
    /// The token's `alg`, one that is allowed for the issuer.
    pub algorithm: Algorithm,
}

impl KeyQuery {
    /// Asks for the key of that id.
    #[must_use]
    pub fn new(key_id: Option<&str>, algorithm: Algorithm) -> Self {
        Self {
            key_id: key_id.map(Into::into),
            algorithm,
        }
    }
}

/// Without the key id, which is part of a token.
impl fmt::Debug for KeyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyQuery")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl<T: KeySource + ?Sized> KeySource for Arc<T> {
    fn current(&self) -> Option<Keys<'_>> {
        (**self).current()
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        (**self).refresh(query)
    }
}

/// The keys at hand, borrowed from their source for as long as one look-up takes.
pub struct Keys<'s>(Held<'s>);

enum Held<'s> {
    Borrowed(&'s KeySet),
    Shared(Arc<KeySet>),
    /// Without touching the reference count that all cores share.
    Snapshot(arc_swap::Guard<Arc<super::cached::Snapshot>>),
}

impl Keys<'_> {
    pub(super) const fn of_snapshot(
        snapshot: arc_swap::Guard<Arc<super::cached::Snapshot>>,
    ) -> Self {
        Self(Held::Snapshot(snapshot))
    }
}

impl Deref for Keys<'_> {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        match &self.0 {
            Held::Borrowed(keys) => keys,
            Held::Shared(keys) => keys,
            Held::Snapshot(snapshot) => snapshot.keys(),
        }
    }
}

impl<'s> From<&'s KeySet> for Keys<'s> {
    fn from(keys: &'s KeySet) -> Self {
        Self(Held::Borrowed(keys))
    }
}

impl From<Arc<KeySet>> for Keys<'_> {
    fn from(keys: Arc<KeySet>) -> Self {
        Self(Held::Shared(keys))
    }
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&**self).finish()
    }
}

/// The keys can't be had now. The caller is told to come back: 503 with `Retry-After`, never 401.
#[derive(Clone, Debug)]
pub struct KeysError {
    retry_after: Duration,
    source: Arc<dyn StdError + Send + Sync>,
}

impl KeysError {
    /// Why, and when to try again.
    pub fn new(retry_after: Duration, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            retry_after,
            source: Arc::from(source.into()),
        }
    }

    pub(super) fn shared(retry_after: Duration, source: Arc<dyn StdError + Send + Sync>) -> Self {
        Self {
            retry_after,
            source,
        }
    }

    /// When to try again.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }

    pub(crate) fn into_error(self) -> crate::error::Error {
        crate::error::Error::keys_unavailable(self.retry_after, Some(self.source))
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys can't be had now")
    }
}

impl StdError for KeysError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
