//! Single use of tokens, by their `jti` (RFC 7519 §4.1.7).

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Extensions;

use super::{CheckContext, CheckOutcome, TokenCheck};
use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// How long an id stays after its token expires: the system clock may be set back, while the store
/// measures ages with a monotonic one.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A store of the ids of used tokens, for
/// [`JwtAuthBuilder::replay_store`](crate::JwtAuthBuilder::replay_store): a database or cache that
/// several processes share. For one process, there is [`MemoryReplayStore`](super::MemoryReplayStore).
///
/// # Examples
///
/// ```
/// use std::collections::HashSet;
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use tower_jwt_auth::{InsertOutcome, TokenId, ReplayStore};
///
/// /// Stands for a connection to a database, which waits for its answer.
/// #[derive(Clone, Default)]
/// struct Database(Arc<Mutex<HashSet<(String, String)>>>);
///
/// impl ReplayStore for Database {
///     fn insert_once(&self, id: TokenId<'_>, _ttl: Duration) -> InsertOutcome {
///         let (this, id) = (self.clone(), (id.issuer().to_owned(), id.id().to_owned()));
///         InsertOutcome::Pending(Box::pin(async move {
///             Ok(this.0.lock().map_err(|_| "the store is broken")?.insert(id))
///         }))
///     }
/// }
/// ```
pub trait ReplayStore: Send + Sync + 'static {
    /// Stores an id for the duration `ttl`. The outcome is true if it was not stored before.
    ///
    /// If the answer comes after [`check_timeout`](crate::JwtAuthBuilder::check_timeout), the request
    /// has got 503, and the token may count as used: give the store a shorter time limit of its own.
    ///
    /// Must be atomic: of two concurrent calls with one id, only one may return true. Must not
    /// block: return [`InsertOutcome::Pending`] to wait.
    fn insert_once(&self, id: TokenId<'_>, ttl: Duration) -> InsertOutcome;
}

impl<T: ReplayStore + ?Sized> ReplayStore for Arc<T> {
    fn insert_once(&self, id: TokenId<'_>, ttl: Duration) -> InsertOutcome {
        (**self).insert_once(id, ttl)
    }
}

/// The id of a token. `jti` is unique only for one issuer (RFC 7519 §4.1.7).
#[derive(Clone, Copy)]
pub struct TokenId<'c> {
    issuer: &'c str,
    id: &'c str,
}

impl<'c> TokenId<'c> {
    /// Creates the id of a token from `iss` and `jti`, for tests of a store.
    #[must_use]
    pub const fn new(issuer: &'c str, id: &'c str) -> Self {
        Self { issuer, id }
    }

    /// Returns `iss`.
    #[must_use]
    pub const fn issuer(&self) -> &'c str {
        self.issuer
    }

    /// Returns `jti`.
    #[must_use]
    pub const fn id(&self) -> &'c str {
        self.id
    }
}

/// Omits the id.
impl fmt::Debug for TokenId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenId")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

type Inserted = Result<bool, Box<dyn StdError + Send + Sync>>;

/// The outcome of [`ReplayStore::insert_once`], or a future of it.
///
/// With an error, or after [`check_timeout`](crate::JwtAuthBuilder::check_timeout), the request
/// gets 503 ([`CheckUnavailable`](ErrorKind::CheckUnavailable)).
#[must_use]
pub enum InsertOutcome {
    /// The outcome.
    Ready(Inserted),
    /// A future that resolves to the outcome.
    Pending(Pin<Box<dyn Future<Output = Inserted> + Send>>),
}

impl fmt::Debug for InsertOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(outcome) => f.debug_tuple("Ready").field(outcome).finish(),
            Self::Pending(_) => f.write_str("Pending"),
        }
    }
}

/// The check that a token was not used before.
pub(crate) struct SingleUse {
    pub(crate) store: Arc<dyn ReplayStore>,
    pub(crate) leeway: Duration,
}

impl<C> TokenCheck<C> for SingleUse {
    fn check(&self, claims: &Claims<C>, context: &CheckContext<'_>) -> CheckOutcome {
        let id = match id_of(claims) {
            Ok(id) => id,
            Err(error) => return CheckOutcome::reject(error),
        };
        let expires_at = claims.expires_at().duration_since(SystemTime::UNIX_EPOCH);
        // An `exp` before 1970 was rejected when it was read, so the default is never used.
        let remaining = expires_at
            .unwrap_or_default()
            .saturating_sub(context.since_epoch());
        let ttl = remaining.saturating_add(self.leeway).saturating_add(MARGIN);
        match self.store.insert_once(id, ttl) {
            InsertOutcome::Ready(inserted) => accept_first(inserted).into(),
            InsertOutcome::Pending(inserted) => CheckOutcome::Pending(Box::pin(async {
                accept_first(inserted.await).map(|()| Extensions::new())
            })),
        }
    }
}

/// Returns the id of a token, which one that may be used only once must have.
pub(super) fn id_of<C>(claims: &Claims<C>) -> Result<TokenId<'_>, Error> {
    let id = claims.id();
    let id = id.ok_or(Error::about_claim(ErrorKind::MissingClaim, "jti"))?;
    Ok(TokenId::new(claims.issuer(), id))
}

fn accept_first(inserted: Inserted) -> Result<(), Error> {
    match inserted {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorKind::Replayed.into()),
        Err(error) => Err(Error::check_unavailable(Some(error.into()))),
    }
}
