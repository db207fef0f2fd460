//! The rejection of a request.
//!
//! The status of the response is not known here: HTTP and gRPC have their own.

mod binding;
mod custom;
mod issuer_id;
mod kind;
mod user_authentication;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use issuer_id::IssuerId;
pub use kind::{ErrorClass, ErrorKind};
pub(crate) use user_authentication::UserAuthentication;

/// How long callers wait if nothing else is known.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The rejection of a request.
///
/// Contains nothing of the token. Displays as a text that may be shown to the caller. Cheap to
/// clone.
///
/// # Examples
///
/// ```
/// # fn log(error: &tower_jwt_auth::Error) {
/// use tower_jwt_auth::ErrorKind;
///
/// match error.kind() {
///     ErrorKind::Expired => println!("ask for a new token"),
///     ErrorKind::MissingClaim => println!("{error}: {}", error.claim().unwrap_or_default()),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    class: ErrorClass,
    /// The configured issuer that the token is from, or claims to be from.
    issuer: IssuerId,
    description: &'static str,
    claim: Option<&'static str>,
    /// The required scopes, the name of a claim that is configured, or the nonce to use.
    name: Option<Arc<str>>,
    /// What few errors have. An `Arc` of one word, since the `Result`s with errors should stay
    /// small.
    details: Option<Arc<Details>>,
    retry_after: Option<Duration>,
    /// Why the token was rejected has been logged.
    is_diagnosed: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Default)]
struct Details {
    /// The URL of the resource's metadata, if the error was made where the layer is known.
    metadata: Option<Arc<String>>,
    /// The authentication of the user that the request needs.
    user_authentication: Option<UserAuthentication>,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            class: kind.class(),
            issuer: IssuerId::NONE,
            description: kind.description(),
            claim: None,
            name: None,
            details: None,
            retry_after: None,
            is_diagnosed: false,
            source: None,
        }
    }

    /// Returns an error about a claim.
    pub(crate) fn about_claim(kind: ErrorKind, claim: &'static str) -> Self {
        Self {
            claim: Some(claim),
            ..Self::new(kind)
        }
    }

    /// Returns an error about a claim whose name is configured.
    pub(crate) fn about_named_claim(kind: ErrorKind, claim: Arc<str>) -> Self {
        Self {
            name: Some(claim),
            ..Self::new(kind)
        }
    }

    /// Returns an error for a token whose `aud` is an empty array. It has a description of its own:
    /// there are no two names that differ.
    pub(crate) fn no_audience() -> Self {
        Self {
            description: "the access token names no audience",
            ..Self::about_claim(ErrorKind::WrongAudience, "aud")
        }
    }

    /// Returns an error for claims that lack scopes. `required` is separated by spaces.
    pub(crate) fn insufficient_scope(required: Option<Arc<str>>) -> Self {
        Self {
            name: required,
            ..Self::new(ErrorKind::InsufficientScope)
        }
    }

    /// Sets the scopes that the request needs, if the error [can have them](Self::can_have_scope).
    #[must_use]
    pub(crate) fn with_required_scope(mut self, scopes: Option<Arc<str>>) -> Self {
        if self.can_have_scope() {
            self.name = scopes;
        }
        self
    }

    /// Sets the URL of the resource's metadata, for challenges that are made without the layer.
    #[must_use]
    pub(crate) fn with_metadata(mut self, url: Option<Arc<String>>) -> Self {
        if url.is_some() {
            self.details_mut().metadata = url;
        }
        self
    }

    fn details_mut(&mut self) -> &mut Details {
        Arc::make_mut(self.details.get_or_insert_default())
    }

    /// Returns the URL of the resource's metadata.
    pub(crate) fn metadata(&self) -> Option<&str> {
        let url = self.details.as_ref()?.metadata.as_ref()?;
        Some(url.as_str())
    }

    /// Returns whether the error can say which scopes the request needs.
    pub(crate) const fn can_have_scope(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::InsufficientScope
                | ErrorKind::InsufficientUserAuthentication
                | ErrorKind::MissingToken
        )
    }

    /// Returns an error for a token that can't be verified now.
    pub(crate) fn keys_unavailable(
        retry_after: Duration,
        source: Option<Arc<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            source,
            ..Self::new(ErrorKind::KeysUnavailable)
        }
    }

    /// Returns an error for a token about which its issuer can't be asked now.
    pub(crate) fn introspection_unavailable(
        retry_after: Duration,
        source: Arc<dyn StdError + Send + Sync>,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            source: Some(source),
            ..Self::new(ErrorKind::IntrospectionUnavailable)
        }
    }

    /// Returns an error for a token that a check could not decide on.
    pub(crate) fn check_unavailable(source: Option<Arc<dyn StdError + Send + Sync>>) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER),
            source,
            ..Self::new(ErrorKind::CheckUnavailable)
        }
    }

    /// Sets the issuer that the token is from, or claims to be from. An issuer that is not
    /// configured has no id.
    #[must_use]
    pub(crate) fn with_issuer(mut self, issuer: IssuerId) -> Self {
        self.set_issuer(issuer);
        self
    }

    pub(crate) fn set_issuer(&mut self, issuer: IssuerId) {
        if self.kind != ErrorKind::UnknownIssuer {
            self.issuer = issuer;
        }
    }

    /// Notes that it has been logged why the token was rejected.
    #[must_use]
    pub(crate) const fn diagnosed(mut self) -> Self {
        self.is_diagnosed = true;
        self
    }

    pub(crate) const fn is_diagnosed(&self) -> bool {
        self.is_diagnosed
    }

    pub(crate) const fn issuer(&self) -> IssuerId {
        self.issuer
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the class of the error.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// Returns the text for the caller. Contains nothing of the token.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Returns the name of the claim or header parameter that is missing, invalid or in the future.
    ///
    /// `None` for errors that are not about one claim, and if a claims type of your own can't be
    /// deserialized.
    #[must_use]
    pub fn claim(&self) -> Option<&str> {
        let is_of_claim = !self.can_have_scope() && self.kind != ErrorKind::UseDpopNonce;
        let configured = self.name.as_deref().filter(|_| is_of_claim);
        self.claim.or(configured)
    }

    /// Returns the scopes that the request needs, separated by spaces (RFC 6750 §3).
    ///
    /// `None` for kinds other than [`ErrorKind::InsufficientScope`] and
    /// [`ErrorKind::InsufficientUserAuthentication`], and if no scope is missing: for example if a
    /// predicate rejected the request. With
    /// [`JwtAuthBuilder::resource`](crate::JwtAuthBuilder::resource), returns the scopes of all
    /// layers that the request has reached, each once, also for [`ErrorKind::MissingToken`].
    #[must_use]
    pub fn required_scope(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.can_have_scope())
    }

    /// Returns how long to wait before another attempt. `None` for classes other than
    /// [`ErrorClass::Unavailable`].
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        let error = Self::new(kind);
        Self {
            retry_after: (error.class == ErrorClass::Unavailable).then_some(RETRY_AFTER),
            ..error
        }
    }
}

/// Shows kind and claim only.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("claim", &self.claim())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| -> &(dyn StdError + 'static) { source })
    }
}
