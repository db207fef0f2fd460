//! The requirement of a layer.

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Claims, MissingClaims};
use crate::policy::RequiredScopes;
use crate::request::{LayerContext, RequestParts};
use crate::trace;

/// A predicate over claims and request. It looks up the claims of its own type.
type Predicate = Box<dyn Fn(&RequestParts<'_>) -> Result<bool, MissingClaims> + Send + Sync>;

pub(super) enum Rule {
    AllScopes(RequiredScopes),
    AnyScope(RequiredScopes),
    Predicate(Predicate),
}

/// Why a request is rejected.
pub(super) enum Failure {
    Rejected(Error),
    /// No `JwtAuthLayer` with this claims type ran: a mistake in the server.
    LayerMissing,
}

/// How a request has passed a rule.
pub(super) enum Passed<'r> {
    Quietly,
    /// With these scopes, which the challenges of layers below name, too.
    With(&'r str),
}

impl Rule {
    pub(super) fn predicate<C: Send + Sync + 'static>(
        is_allowed: impl Fn(&Claims<C>, &RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::Predicate(Box::new(move |parts| {
            let claims = Claims::<C>::from_extensions(parts.extensions())?;
            Ok(is_allowed(claims, parts))
        }))
    }

    /// Returns the scopes as the challenge shows them.
    pub(super) fn scopes(&self) -> Option<&str> {
        match self {
            Self::AllScopes(scopes) | Self::AnyScope(scopes) => scopes.as_str(),
            Self::Predicate(_) => None,
        }
    }

    pub(super) fn check<C: Send + Sync + 'static>(
        &self,
        parts: &RequestParts<'_>,
    ) -> Result<Passed<'_>, Failure> {
        match self.check_claims::<C>(parts) {
            Ok(()) => Ok(self.passed::<C>(parts)),
            Err(failure) => Err(self.with_scopes(failure)),
        }
    }

    fn check_claims<C: Send + Sync + 'static>(
        &self,
        parts: &RequestParts<'_>,
    ) -> Result<(), Failure> {
        let claims = || Claims::<C>::from_extensions(parts.extensions());
        match self {
            Self::AllScopes(scopes) => Ok(scopes.check_all(claims()?)?),
            Self::AnyScope(scopes) => Ok(scopes.check_any(claims()?)?),
            Self::Predicate(is_allowed) if is_allowed(parts)? => Ok(()),
            Self::Predicate(_) => Err(Error::insufficient_scope(None).into()),
        }
    }

    /// Returns how a request has passed. Scopes are of use only to challenges that name all scopes
    /// of a request: those of a layer with the metadata of a resource.
    fn passed<C: Send + Sync + 'static>(&self, parts: &RequestParts<'_>) -> Passed<'_> {
        if parts.layer().and_then(LayerContext::resource).is_none() {
            return Passed::Quietly;
        }
        let scopes = match self {
            Self::AllScopes(scopes) => scopes.as_str(),
            Self::AnyScope(scopes) => Claims::<C>::from_extensions(parts.extensions())
                .ok()
                .and_then(|claims| scopes.first_granted(claims)),
            Self::Predicate(_) => None,
        };
        scopes.map_or(Passed::Quietly, Passed::With)
    }

    /// Has the rejection of a request without a token name the scopes that it needs.
    fn with_scopes(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Rejected(error) if error.kind() == ErrorKind::MissingToken => {
                Failure::Rejected(error.with_required_scope(self.scopes().map(Into::into)))
            }
            failure => failure,
        }
    }

    /// Logs what a request lacks, at debug.
    pub(super) fn log<C: Send + Sync + 'static>(&self, error: &Error, parts: &RequestParts<'_>) {
        if error.kind() == ErrorKind::MissingToken {
            return trace::diagnosed(error, &NO_CLAIMS);
        }
        let claims = Claims::<C>::from_extensions(parts.extensions());
        let has = |scope: &str| claims.is_ok_and(|claims| claims.has_scope(scope));
        match self {
            Self::AllScopes(_) => trace::scopes_missing(error, "all of", has),
            Self::AnyScope(_) => trace::scopes_missing(error, "one of", has),
            Self::Predicate(_) => trace::diagnosed(error, &NOT_ALLOWED),
        }
    }
}

const NO_CLAIMS: &str = "claims: found none, expected those of a token (hint: the layer above lets \
                         requests without a token pass here: see optional and skip)";
const NOT_ALLOWED: &str = "requirement: the predicate of RequireLayer::from_fn returned false";

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rejected(error)
    }
}

impl From<MissingClaims> for Failure {
    fn from(missing: MissingClaims) -> Self {
        match missing {
            MissingClaims::Unauthenticated => Self::Rejected(ErrorKind::MissingToken.into()),
            MissingClaims::NoLayer => Self::LayerMissing,
        }
    }
}

/// Returns the scopes that a layer requires: at least one, and each of them a scope.
pub(super) fn required(
    scopes: impl IntoIterator<Item = impl Into<String>>,
) -> Result<RequiredScopes, ConfigError> {
    let mut required = RequiredScopes::none();
    required.add(scopes);
    if required.is_empty() {
        return Err(ConfigError::invalid_setting(
            "the scopes of a RequireLayer are empty: must be at least one",
        ));
    }
    required.validate()?;
    Ok(required)
}
