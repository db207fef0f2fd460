//! The interface between the verifier and the sources of keys.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::files::KeyFiles;
use super::jwks::Snapshot;
use crate::algorithm::Algorithm;
use crate::jwk::KeySet;

/// A source of one issuer's keys, for [`Issuer::from_key_source`](crate::Issuer::from_key_source).
///
/// The crate has its own sources: [`Issuer`](crate::Issuer) builds them for fixed keys, for a JWK
/// set at a URL, and for discovery. [`SecretFiles`](crate::SecretFiles) and
/// [`KeyFile`](crate::KeyFile) watch files. Implement the trait for any other: a database, or a
/// secret manager. `examples/aws_load_balancer` has one for an issuer that
/// publishes a file for each key.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{KeyQuery, KeySet, KeySource, Keys, KeysFuture};
///
/// struct FromDatabase(KeySet);
///
/// impl KeySource for FromDatabase {
///     fn current(&self) -> Option<Keys<'_>> {
///         Some(Keys::from(&self.0))
///     }
///
///     fn refresh(&self, _: KeyQuery) -> KeysFuture {
///         Box::pin(std::future::ready(Ok(()))) // there are no newer keys
///     }
/// }
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// Returns the keys to verify tokens with, or `None` before the first keys were loaded and
    /// after the last ones expired.
    ///
    /// Called for every request: must not block, and must not change [`Issuers`](crate::Issuers).
    fn current(&self) -> Option<Keys<'_>>;

    /// Loads newer keys.
    ///
    /// Called if [`current`](KeySource::current) has no key for a token whose header, issuer, times
    /// and signature format have passed their checks. Afterwards `current` is called again.
    ///
    /// Note: the implementation must limit how often it loads keys. Clients can send any number of
    /// tokens with invented key ids.
    ///
    /// # Errors
    ///
    /// If newer keys can't be loaded. The request gets 503.
    fn refresh(&self, query: KeyQuery) -> KeysFuture;

    /// Returns the files that the crate watches for this source.
    #[doc(hidden)]
    fn key_files(&self) -> Option<&KeyFiles> {
        None
    }
}

/// The future that [`KeySource::refresh`] returns. It resolves when [`current`](KeySource::current)
/// has the newest keys. If `current` returns `None` even then, the request gets 503.
pub type KeysFuture = Pin<Box<dyn Future<Output = Result<(), KeysError>> + Send>>;

/// The key that a token needs.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct KeyQuery {
    /// The token's `kid`. Not verified: use it for comparisons only.
    pub key_id: Option<Box<str>>,
    /// The token's `alg`. The issuer's configuration allows it.
    pub algorithm: Algorithm,
}

impl KeyQuery {
    /// Creates a query for the key with that id.
    #[must_use]
    pub fn new(key_id: Option<&str>, algorithm: Algorithm) -> Self {
        Self {
            key_id: key_id.map(Into::into),
            algorithm,
        }
    }
}

/// Omits the key id, which is part of a token.
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

    fn key_files(&self) -> Option<&KeyFiles> {
        (**self).key_files()
    }
}

/// The keys of a [`KeySource`], borrowed for one look-up. Dereferences to [`KeySet`].
///
/// Converts from `&KeySet` and from `Arc<KeySet>`.
pub struct Keys<'s>(Inner<'s>);

enum Inner<'s> {
    Borrowed(&'s KeySet),
    Shared(Arc<KeySet>),
    /// Reads the snapshot without changing its reference count, which all cores share.
    Snapshot(arc_swap::Guard<Arc<Snapshot>>),
    /// Likewise.
    Files(arc_swap::Guard<Arc<KeySet>>),
}

impl Keys<'_> {
    pub(super) const fn of_snapshot(snapshot: arc_swap::Guard<Arc<Snapshot>>) -> Self {
        Self(Inner::Snapshot(snapshot))
    }

    pub(super) const fn of_files(keys: arc_swap::Guard<Arc<KeySet>>) -> Self {
        Self(Inner::Files(keys))
    }
}

impl Deref for Keys<'_> {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        match &self.0 {
            Inner::Borrowed(keys) => keys,
            Inner::Shared(keys) => keys,
            Inner::Snapshot(snapshot) => snapshot.keys(),
            Inner::Files(keys) => keys,
        }
    }
}

impl<'s> From<&'s KeySet> for Keys<'s> {
    fn from(keys: &'s KeySet) -> Self {
        Self(Inner::Borrowed(keys))
    }
}

impl From<Arc<KeySet>> for Keys<'_> {
    fn from(keys: Arc<KeySet>) -> Self {
        Self(Inner::Shared(keys))
    }
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&**self).finish()
    }
}

/// An issuer's keys are temporarily unavailable. The request gets 503 with `Retry-After` (in gRPC
/// `UNAVAILABLE`), never 401.
///
/// Also the error of [`prefetch`](crate::Authenticator::prefetch) if the list of revocations is not
/// loaded, as it then displays.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::KeysError;
///
/// let error = KeysError::new(Duration::from_secs(5), "the database does not respond");
/// assert_eq!(error.retry_after(), Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
pub struct KeysError {
    text: &'static str,
    retry_after: Duration,
    source: Arc<dyn StdError + Send + Sync>,
}

impl KeysError {
    /// Creates an error with the time after which a request can be repeated, and the cause, which
    /// [`source`](StdError::source) returns.
    pub fn new(retry_after: Duration, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::shared(retry_after, Arc::from(source.into()))
    }

    /// Creates the error of a list of revocations that is not loaded.
    pub(crate) fn revocations(
        retry_after: Duration,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self {
            text: "the list of revocations is not loaded",
            ..Self::new(retry_after, source)
        }
    }

    pub(super) fn shared(retry_after: Duration, source: Arc<dyn StdError + Send + Sync>) -> Self {
        Self {
            text: "the issuer's keys are temporarily unavailable",
            retry_after,
            source,
        }
    }

    /// Returns the time after which a request can be repeated.
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
        f.write_str(self.text)
    }
}

impl StdError for KeysError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
