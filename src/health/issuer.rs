//! The state of one issuer.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::ReadinessReasonKind;
use crate::keys::{FetchHealth, IntrospectionHealth, IssuerHealth};

/// Whether one issuer's tokens can be verified. For its keys and errors, see [`IssuerHealth`].
///
/// Serializes as JSON, durations as whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IssuerReadiness {
    /// The issuer's name as configured; of several tenants, the pattern.
    pub issuer: String,
    /// Whether its tokens can be verified.
    pub state: IssuerState,
    /// The time since the last successful fetch. `None` for keys that are not fetched, and before
    /// the first fetch.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub age: Option<Duration>,
    /// The time until the keys expire if no fetch succeeds. `None` likewise.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub usable_for: Option<Duration>,
}

/// Whether an issuer's tokens can be verified. The worst is the greatest.
///
/// Serializes in lower case with underscores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IssuerState {
    /// Keys are cached and not past their TTL, or the keys are not fetched.
    Fresh,
    /// The issuer's tokens are introspected, and the issuer responds.
    Available,
    /// Each tenant has keys of its own: see
    /// [`Authenticator::health`](crate::Authenticator::health).
    ByTenant,
    /// Keys are cached and past their TTL, and can still be used.
    Stale,
    /// The issuer's tokens are introspected, and the issuer does not respond.
    Unavailable,
    /// There are no usable keys: they were not fetched yet or have expired, or all of them are
    /// secrets that must not be used ([`IssuerHealth::error`]).
    Absent,
}

impl IssuerReadiness {
    /// Returns the state of an issuer whose tenants have keys of their own.
    pub(super) fn by_tenant(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            state: IssuerState::ByTenant,
            age: None,
            usable_for: None,
        }
    }

    /// Returns the state of an issuer from its health.
    pub(super) fn of(issuer: &str, health: &IssuerHealth) -> Self {
        let fetch = health.fetch.as_ref();
        let state = match (fetch, &health.introspection) {
            (Some(fetch), _) => state_of_keys(fetch),
            // Secrets beside fetched keys are not the only keys.
            _ if health.error.is_some() => IssuerState::Absent,
            (None, Some(introspection)) if introspection.available => IssuerState::Available,
            (None, Some(_)) => IssuerState::Unavailable,
            (None, None) if health.serving => IssuerState::Fresh,
            (None, None) => IssuerState::Absent,
        };
        Self {
            issuer: issuer.to_owned(),
            state,
            age: fetch.and_then(|fetch| fetch.age),
            usable_for: fetch.and_then(|fetch| fetch.usable_for),
        }
    }
}

/// Returns the state of fetched keys.
///
/// Stale keys that no fetch has tried to refresh count, although they verify nothing yet: the next
/// token has them fetched, and if that fails, they are used.
fn state_of_keys(fetch: &FetchHealth) -> IssuerState {
    match fetch.usable_for {
        None | Some(Duration::ZERO) => IssuerState::Absent,
        Some(_) if fetch.stale => IssuerState::Stale,
        Some(_) => IssuerState::Fresh,
    }
}

/// Returns what an operator should know of an issuer.
pub(super) fn problems(state: IssuerState, health: &IssuerHealth) -> Vec<ReadinessReasonKind> {
    let fetch = health.fetch.as_ref();
    let of_keys = fetch.and_then(|fetch| problem_of_keys(state, fetch));
    let is_unusable = health.error.is_some();
    let unusable = is_unusable.then_some(ReadinessReasonKind::SecretUnusable);
    let is_absent = state == IssuerState::Absent && (!is_unusable || fetch.is_some());
    let absent = is_absent.then_some(ReadinessReasonKind::KeysAbsent);
    let of_introspection = health.introspection.as_ref();
    let of_introspection = of_introspection.and_then(problem_of_introspection);
    let file_error = health
        .files
        .as_ref()
        .and_then(|files| files.last_error.as_ref());
    let of_files = file_error.map(|_| ReadinessReasonKind::FilesUnreadable);
    let all = [unusable, absent, of_keys, of_introspection, of_files];
    all.into_iter().flatten().collect()
}

/// Returns the problem of keys that are there.
fn problem_of_keys(state: IssuerState, fetch: &FetchHealth) -> Option<ReadinessReasonKind> {
    match state {
        IssuerState::Fresh | IssuerState::Stale if fetch.withdrawn => {
            Some(ReadinessReasonKind::KeysWithdrawn)
        }
        IssuerState::Stale => Some(ReadinessReasonKind::KeysStale),
        IssuerState::Fresh if fetch.last_error.is_some() => Some(ReadinessReasonKind::FetchFailing),
        _ => None,
    }
}

fn problem_of_introspection(health: &IntrospectionHealth) -> Option<ReadinessReasonKind> {
    if !health.available {
        return Some(ReadinessReasonKind::IntrospectionUnavailable);
    }
    health
        .denied
        .then_some(ReadinessReasonKind::IntrospectionDenied)
}

#[expect(clippy::ref_option, reason = "serde's signature of serialize_with")]
fn seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(serializer)
}
