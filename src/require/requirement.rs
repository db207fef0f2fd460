//! The requirement of a layer.

use std::borrow::Cow;
use std::fmt;

use super::tables::RuleTable;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Claims, MissingClaims};
use crate::policy::{RequiredScopes, Rule};
use crate::request::{LayerContext, RequestParts};
use crate::trace;

/// A predicate over claims and request. It looks up the claims of its own type.
type Predicate = Box<dyn Fn(&RequestParts<'_>) -> Result<bool, MissingClaims> + Send + Sync>;

pub(super) enum Requirement {
    AllScopes(RequiredScopes),
    AnyScope(RequiredScopes),
    Rule(Rule),
    Table(RuleTable),
    Predicate(Predicate),
}

/// Why a request does not pass.
pub(super) enum Failure {
    Rejected(Error),
    /// No `JwtAuthLayer` with this claims type ran: a mistake in the server.
    LayerMissing,
}

/// How a request has met a requirement.
pub(super) enum Passed<'r> {
    Quietly,
    /// With these scopes, which the challenges of layers below name, too.
    With(Cow<'r, str>),
}

impl Requirement {
    pub(super) fn predicate<C: Send + Sync + 'static>(
        is_allowed: impl Fn(&Claims<C>, &RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::Predicate(Box::new(move |parts| {
            let claims = Claims::<C>::from_extensions(parts.extensions())?;
            Ok(is_allowed(claims, parts))
        }))
    }

    pub(super) fn check<C: Send + Sync + 'static>(
        &self,
        parts: &RequestParts<'_>,
    ) -> Result<Passed<'_>, Failure> {
        match self.check_claims::<C>(parts) {
            Ok(()) => Ok(self.passed::<C>(parts)),
            Err(failure) => Err(self.with_scopes(failure, parts)),
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
            Self::Rule(rule) => Ok(rule.check_claims(claims()?)?),
            Self::Table(table) => {
                // First, so that a caller without a token gets 401, whatever is listed.
                let claims = claims()?;
                match table.rule_for(parts) {
                    Some(rule) => Ok(rule.check_claims(claims)?),
                    None => Err(Error::insufficient_scope(None).into()),
                }
            }
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
        let claims = Claims::<C>::from_extensions(parts.extensions()).ok();
        let of_rule = |rule: Option<&Rule>| rule.zip(claims)?.0.scopes_met(claims?).map(Cow::Owned);
        let scopes = match self {
            Self::AllScopes(scopes) => Some(Cow::Borrowed(scopes.joined())),
            Self::AnyScope(scopes) => {
                let granted = claims.and_then(|claims| scopes.first_granted(claims));
                granted.map(Cow::Borrowed)
            }
            Self::Rule(rule) => of_rule(Some(rule)),
            Self::Table(table) => of_rule(table.rule_for(parts)),
            Self::Predicate(_) => None,
        };
        scopes.map_or(Passed::Quietly, Passed::With)
    }

    /// Has the rejection of a request without a token name the scopes that it needs.
    fn with_scopes(&self, failure: Failure, parts: &RequestParts<'_>) -> Failure {
        match failure {
            Failure::Rejected(error) if error.kind() == ErrorKind::MissingToken => {
                Failure::Rejected(error.with_required_scope(self.scopes(parts).map(Into::into)))
            }
            failure => failure,
        }
    }

    /// Returns the scopes that a request needs.
    fn scopes(&self, parts: &RequestParts<'_>) -> Option<Cow<'_, str>> {
        match self {
            Self::AllScopes(scopes) | Self::AnyScope(scopes) => Some(scopes.joined().into()),
            Self::Rule(rule) => rule.scopes().map(Cow::Owned),
            Self::Table(table) => table.rule_for(parts)?.scopes().map(Cow::Owned),
            Self::Predicate(_) => None,
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
            Self::Rule(rule) => log_rule(error, Some(rule), claims.ok()),
            Self::Table(table) => log_rule(error, table.rule_for(parts), claims.ok()),
            Self::Predicate(_) => trace::diagnosed(error, &NOT_ALLOWED),
        }
    }
}

/// Logs which parts of a rule the claims do not meet. Shows what is configured, and nothing of the
/// token.
fn log_rule<C>(error: &Error, rule: Option<&Rule>, claims: Option<&Claims<C>>) {
    match rule.zip(claims) {
        Some((rule, claims)) if trace::is_diagnosis_enabled() => {
            trace::diagnosed(error, &rule.unmet_parts(claims));
        }
        Some(_) => {}
        None => trace::diagnosed(error, &NOT_LISTED),
    }
}

/// Shows scopes, rules and tables, so that a policy can be read.
impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllScopes(scopes) => write!(f, "all_scopes({:?})", scopes.joined()),
            Self::AnyScope(scopes) => write!(f, "any_scope({:?})", scopes.joined()),
            Self::Rule(rule) => rule.fmt(f),
            Self::Table(table) => table.fmt(f),
            Self::Predicate(_) => f.write_str("from_fn"),
        }
    }
}

const NO_CLAIMS: &str = "claims: found none, expected those of a token (hint: the layer above lets \
                         requests without a token pass here: see optional and skip)";
const NOT_LISTED: &str = "rule: the table has none for this request";
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
