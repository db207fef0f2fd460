//! Why an authenticator is degraded or not ready.

use std::fmt;

use serde::Serialize;

/// One problem that makes an authenticator degraded or not ready.
///
/// Displays as `keys_absent: https://login.example.com/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReadinessReason {
    /// The kind of the problem.
    #[serde(rename = "reason")]
    pub kind: ReadinessReasonKind,
    /// The issuer that has it, as configured. `None` if it is not of one issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The name of the component that has it: see
    /// [`HealthService::add_component`](crate::HealthService::add_component). `None` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
}

/// The kind of a [`ReadinessReason`]. Serializes and displays in lower case with underscores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadinessReasonKind {
    /// The issuer has no usable keys: they were not fetched yet or have expired, or its
    /// [`KeySource`](crate::KeySource) has none. Its tokens get 503.
    KeysAbsent,
    /// Since a file or a source has changed, the issuer shares a secret with another one, or has
    /// one secret for two algorithms. Its tokens that are signed with a secret get 503. See
    /// [`IssuerHealth::error`](crate::IssuerHealth::error).
    SecretUnusable,
    /// An issuer that [`ReadyWhen::Issuers`](crate::ReadyWhen::Issuers) names is not configured.
    UnknownIssuer,
    /// No issuer is configured. Every token is rejected with 401.
    NoIssuer,
    /// The issuer's keys are past their TTL, and used because fetches fail, or nothing has fetched
    /// them. See [`FetchHealth::usable_for`](crate::FetchHealth::usable_for).
    KeysStale,
    /// The issuer has sent a JWK set without a usable key. The cached keys are used until
    /// [`withdrawal_grace`](crate::JwksCacheSettings::withdrawal_grace) has passed.
    KeysWithdrawn,
    /// The last fetch of the issuer's keys has failed. The cached keys are fresh.
    FetchFailing,
    /// The issuer does not respond to introspection requests. Its tokens without a cached response
    /// get 503.
    IntrospectionUnavailable,
    /// The issuer rejects the credentials of this service.
    IntrospectionDenied,
    /// The files of the issuer's keys can't be read or are rejected. The keys that were read before
    /// are used.
    FilesUnreadable,
    /// The list of revocations is not up to date: see
    /// [`OnStaleRevocations`](crate::OnStaleRevocations).
    RevocationsStale,
    /// The list of revocations is full: see
    /// [`WhenRevocationsFull`](crate::WhenRevocationsFull).
    RevocationsFull,
    /// A component of the service fails: see
    /// [`HealthService::add_component`](crate::HealthService::add_component).
    ComponentFailing,
}

impl ReadinessReasonKind {
    /// Returns the name that is serialized.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeysAbsent => "keys_absent",
            Self::SecretUnusable => "secret_unusable",
            Self::UnknownIssuer => "unknown_issuer",
            Self::NoIssuer => "no_issuer",
            Self::KeysStale => "keys_stale",
            Self::KeysWithdrawn => "keys_withdrawn",
            Self::FetchFailing => "fetch_failing",
            Self::IntrospectionUnavailable => "introspection_unavailable",
            Self::IntrospectionDenied => "introspection_denied",
            Self::FilesUnreadable => "files_unreadable",
            Self::RevocationsStale => "revocations_stale",
            Self::RevocationsFull => "revocations_full",
            Self::ComponentFailing => "component_failing",
        }
    }
}

impl ReadinessReason {
    pub(super) fn new(kind: ReadinessReasonKind) -> Self {
        Self {
            kind,
            issuer: None,
            component: None,
        }
    }

    pub(super) fn of_issuer(kind: ReadinessReasonKind, issuer: &str) -> Self {
        Self {
            issuer: Some(issuer.to_owned()),
            ..Self::new(kind)
        }
    }

    pub(super) fn of_component(component: &str) -> Self {
        Self {
            component: Some(component.to_owned()),
            ..Self::new(ReadinessReasonKind::ComponentFailing)
        }
    }
}

impl fmt::Display for ReadinessReasonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ReadinessReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.issuer.as_ref().or(self.component.as_ref()) {
            Some(subject) => write!(f, ": {subject}"),
            None => Ok(()),
        }
    }
}
