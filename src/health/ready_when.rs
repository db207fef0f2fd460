//! The rule by which an authenticator is ready.

use std::collections::HashSet;

use foldhash::fast::RandomState;

/// Which issuers must be able to verify tokens for an authenticator to be
/// [ready](crate::Authenticator::readiness).
///
/// An issuer with fetched keys is able to if keys are cached, and neither their TTL nor
/// [`stale_if_error`](crate::JwksCacheSettings::stale_if_error) has passed, whether the issuer can
/// be reached or not. Keys by tenant and introspection always count as able to verify tokens. So do
/// fixed keys without an [`IssuerHealth::error`](crate::IssuerHealth::error). The state of
/// introspection is known by requests only, so an instance that got none would never recover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadyWhen {
    /// At least one. So the outage of one of several issuers takes no instance out of service. The
    /// default.
    #[default]
    AnyIssuer,
    /// All. Then one issuer whose keys are absent takes all instances out of service, for the
    /// tokens of the others, too.
    AllIssuers,
    /// All that are named here, as configured. Without a name, the authenticator is always ready.
    Issuers(Vec<String>),
}

impl ReadyWhen {
    /// Returns the rule that these issuers must be able to verify tokens.
    #[must_use]
    pub fn issuers(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Issuers(names.into_iter().map(Into::into).collect())
    }

    /// Returns the issuers that can make the authenticator not ready if they are not able.
    pub(super) fn counted(&self) -> Counted<'_> {
        match self {
            Self::AnyIssuer | Self::AllIssuers => Counted::All,
            Self::Issuers(names) => Counted::Named(names.iter().map(String::as_str).collect()),
        }
    }
}

/// The issuers that count by a rule.
pub(super) enum Counted<'r> {
    All,
    Named(HashSet<&'r str, RandomState>),
}

impl Counted<'_> {
    pub(super) fn contains(&self, issuer: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(issuer),
        }
    }
}
