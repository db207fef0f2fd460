//! The readiness of an authenticator.

use serde::Serialize;

use super::{IssuerReadiness, ReadinessReason};

/// Whether an authenticator can serve requests, as
/// [`Authenticator::readiness`](crate::Authenticator::readiness) returns it.
///
/// Contains no key material, no error text and nothing of a token. Serializes as JSON.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Authenticator, ReadinessStatus, ReadyWhen};
///
/// fn log_state(authenticator: &Authenticator) {
///     let readiness = authenticator.readiness(&ReadyWhen::AnyIssuer);
///     if readiness.status != ReadinessStatus::Ready {
///         for reason in readiness.reasons {
///             eprintln!("{}: {reason}", readiness.status);
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Readiness {
    /// The status.
    pub status: ReadinessStatus,
    /// Why it is not [`Ready`](ReadinessStatus::Ready): one for each problem of an issuer, at most
    /// 100, those that may make it not ready first. Empty if it is.
    pub reasons: Vec<ReadinessReason>,
    /// The configured issuers, at most 100, the worst [state](IssuerReadiness::state) first. An
    /// issuer whose tenants have keys of their own is listed once, with its pattern.
    pub issuers: Vec<IssuerReadiness>,
    /// How many issuers are configured and not listed.
    pub more_issuers: usize,
}

impl Readiness {
    /// Returns whether requests can be served: the status is `Ready` or `Degraded`.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status != ReadinessStatus::NotReady
    }
}

/// Whether requests can be served. The worst is the greatest.
///
/// Serializes and displays in lower case with an underscore: `not_ready`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadinessStatus {
    /// Requests are served, and nothing fails.
    Ready,
    /// Requests are served, but something fails that an operator should look at: some of them are
    /// rejected with 503, or all of them will be if it continues.
    Degraded,
    /// Requests can't be served: the layer would reject them with 503.
    NotReady,
}

impl ReadinessStatus {
    /// Returns the name that is serialized.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
        }
    }
}

impl std::fmt::Display for ReadinessStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
