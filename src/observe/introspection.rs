//! Whether introspected tokens are active.

use std::time::Duration;

/// The end of the introspection of a token: see
/// [`Observe::introspected`](crate::Observe::introspected).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IntrospectionEvent<'o> {
    /// The configured name of the issuer.
    pub issuer: &'o str,
    /// The outcome.
    pub outcome: IntrospectionOutcome,
}

/// The end of a request to an introspection endpoint: see
/// [`Observe::introspection_sent`](crate::Observe::introspection_sent).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IntrospectionSentEvent<'o> {
    /// The configured name of the issuer.
    pub issuer: &'o str,
    /// How long the request took.
    pub duration: Duration,
}

/// The outcome of the introspection of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntrospectionOutcome {
    /// The issuer has responded that the token is active.
    Active,
    /// The issuer has responded that the token is not active.
    Inactive,
    /// There is no response: the request gets 503.
    Failed,
    /// The response was cached.
    Cached,
}

impl IntrospectionOutcome {
    /// Returns the name, as a value for labels: `active`, `inactive`, `error` or `cached`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Failed => "error",
            Self::Cached => "cached",
        }
    }
}
