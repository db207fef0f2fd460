//! The interface of a check.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use http::Extensions;

use crate::error::Error;
use crate::jwt::{Claims, JsonClaims};
use crate::request::RequestParts;

/// A check that a verified token must also pass, such as a look-up of its user, for
/// [`JwtAuthBuilder::check`](crate::JwtAuthBuilder::check).
///
/// The crate's own checks, such as scopes and revocation, implement it, too.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{CheckOutcome, CheckContext, Claims, Error, ErrorClass, TokenCheck};
///
/// /// Only the clients of a list may call the service.
/// struct AllowedClients {
///     clients: Vec<String>,
///     other_client: Error,
/// }
///
/// impl AllowedClients {
///     fn new(clients: Vec<String>) -> Result<Self, tower_jwt_auth::ConfigError> {
///         let text = "the client is not registered";
///         let other_client = Error::custom(ErrorClass::Forbidden, "other_client", text)?;
///         Ok(Self { clients, other_client })
///     }
/// }
///
/// impl TokenCheck for AllowedClients {
///     fn check(&self, claims: &Claims, _: &CheckContext<'_>) -> CheckOutcome {
///         match claims.client_id() {
///             Some(client) if self.clients.iter().any(|allowed| allowed == client) => {
///                 CheckOutcome::accept()
///             }
///             _ => CheckOutcome::reject(self.other_client.clone()),
///         }
///     }
/// }
/// ```
pub trait TokenCheck<C = JsonClaims>: Send + Sync + 'static {
    /// Checks the claims of a verified token.
    ///
    /// Called for every request whose token was verified and passed the earlier checks, also for a
    /// cached token. Must not block: return [`CheckOutcome::Pending`] to wait.
    fn check(&self, claims: &Claims<C>, context: &CheckContext<'_>) -> CheckOutcome;

    /// Returns what the claims lack, for the log event of a token that [`check`](Self::check) has
    /// rejected at once: at debug, under the target `tower_jwt_auth::diagnosis`. Default: `None`,
    /// then the event has the text of the error.
    ///
    /// Called only if that event is enabled. The text must contain nothing that is secret or
    /// personal.
    fn unmet(&self, claims: &Claims<C>) -> Option<String> {
        let _ = claims;
        None
    }
}

/// The outcome of a [`TokenCheck`], or a future of it.
///
/// `Ok` accepts the token; its extensions are added to those of the request, for the layers and
/// handlers below. `Err` rejects the request.
#[must_use]
pub enum CheckOutcome {
    /// The outcome. Empty extensions need no allocation.
    Ready(Result<Extensions, Error>),
    /// A future that resolves to the outcome.
    ///
    /// After [`check_timeout`](crate::JwtAuthBuilder::check_timeout), the request gets 503
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)).
    Pending(CheckFuture),
}

/// The future of a [`CheckOutcome`].
pub type CheckFuture = Pin<Box<dyn Future<Output = Result<Extensions, Error>> + Send>>;

impl CheckOutcome {
    /// Accepts the token.
    pub fn accept() -> Self {
        Self::Ready(Ok(Extensions::new()))
    }

    /// Accepts the token, and adds `value` to the extensions of the request.
    pub fn accept_with<T: Clone + Send + Sync + 'static>(value: T) -> Self {
        Self::Ready(Ok(extensions_of(value)))
    }

    /// Rejects the token.
    pub fn reject(error: impl Into<Error>) -> Self {
        Self::Ready(Err(error.into()))
    }

    /// Waits for the outcome.
    pub fn pending(future: impl Future<Output = Result<(), Error>> + Send + 'static) -> Self {
        Self::Pending(Box::pin(async { future.await.map(|()| Extensions::new()) }))
    }

    /// Waits for the outcome, and adds the value of the future to the extensions of the request.
    pub fn pending_with<T: Clone + Send + Sync + 'static>(
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Self {
        Self::Pending(Box::pin(async { future.await.map(extensions_of) }))
    }
}

fn extensions_of<T: Clone + Send + Sync + 'static>(value: T) -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(value);
    extensions
}

impl From<Result<(), Error>> for CheckOutcome {
    fn from(outcome: Result<(), Error>) -> Self {
        Self::Ready(outcome.map(|()| Extensions::new()))
    }
}

/// Omits what the extensions hold.
impl fmt::Debug for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(Ok(_)) => f.write_str("Accepted"),
            Self::Ready(Err(error)) => f.debug_tuple("Rejected").field(error).finish(),
            Self::Pending(_) => f.write_str("Pending"),
        }
    }
}

impl<C, F> TokenCheck<C> for F
where
    F: Fn(&Claims<C>, &CheckContext<'_>) -> CheckOutcome + Send + Sync + 'static,
{
    fn check(&self, claims: &Claims<C>, context: &CheckContext<'_>) -> CheckOutcome {
        self(claims, context)
    }
}

/// What a [`TokenCheck`] may depend on besides the claims.
#[derive(Clone, Copy, Debug)]
pub struct CheckContext<'r> {
    request: Option<RequestParts<'r>>,
    now: Duration,
}

impl<'r> CheckContext<'r> {
    pub(super) const fn new(request: Option<RequestParts<'r>>, now: Duration) -> Self {
        Self { request, now }
    }

    /// Returns the request that carries the token. `None` if the token does not come with one: see
    /// [`Authenticator::authenticate`](crate::Authenticator::authenticate).
    #[must_use]
    pub const fn request(&self) -> Option<&RequestParts<'r>> {
        self.request.as_ref()
    }

    /// Returns the time of the layer's [`clock`](crate::JwtAuthBuilder::clock).
    #[must_use]
    pub fn now(&self) -> SystemTime {
        // A time that `SystemTime` can't represent counts as 1970.
        SystemTime::UNIX_EPOCH
            .checked_add(self.now)
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns the time since 1970.
    pub(super) const fn since_epoch(&self) -> Duration {
        self.now
    }
}
