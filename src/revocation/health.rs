//! The state of a list, for health checks and dashboards.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The state of a list of revocations, as [`Revocations::health`](crate::Revocations::health) and
/// [`Authenticator::revocation_health`](crate::Authenticator::revocation_health) return it.
///
/// Contains nothing of a token. Serializes as JSON, durations as whole seconds.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Revocations;
///
/// fn revocations(list: &Revocations) -> String {
///     let health = list.health();
///     match health.shared {
///         _ if health.full => "degraded: raise max_entries".to_owned(),
///         Some(shared) if shared.stale => {
///             format!("degraded: {}", shared.last_error.unwrap_or_default())
///         }
///         _ => "ok".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RevocationHealth {
    /// The number of entries, including some that have ended and are not removed yet.
    pub entries: usize,
    /// [`RevocationSettings::max_entries`](crate::RevocationSettings::max_entries).
    pub max_entries: usize,
    /// Whether the list has `max_entries` entries. A new revocation then fits only if an entry has
    /// ended.
    pub full: bool,
    /// The state of the store. `None` if the list has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedRevocationHealth>,
}

/// The state of a list that has a [store](crate::RevocationSettings::store). The counters are those
/// of this process since the list was created.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SharedRevocationHealth {
    /// The time since the list was last known to be up to date, usually less than 2 seconds. `None`
    /// before the first load.
    #[serde(serialize_with = "seconds")]
    pub age: Option<Duration>,
    /// Whether `age` is more than [`max_staleness`](crate::RevocationSettings::max_staleness), so
    /// that [`OnStaleRevocations`](crate::OnStaleRevocations) applies. True before the first load.
    pub stale: bool,
    /// The number of entries of this process that are not in the store yet.
    pub pending: usize,
    /// How many times the whole list was loaded.
    pub loads: u64,
    /// How many times the store has failed, in reading or writing.
    pub failures: u64,
    /// The cause of the last failure, on one line of at most 256 characters. `None` if the store
    /// works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The number of requests that were rejected with 503 because the list was stale, or not loaded
    /// yet. Requests that were rejected for other reasons do not count.
    pub rejected_stale: u64,
    /// The number of requests that were accepted although the list was stale
    /// ([`UseLastKnownFor`](crate::OnStaleRevocations::UseLastKnownFor)), as far as revocations are
    /// concerned: a later check may have rejected them. Requests while the list is up to date do
    /// not count.
    pub accepted_stale: u64,
}

#[expect(clippy::ref_option, reason = "serde's signature of serialize_with")]
fn seconds<S: Serializer>(age: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    age.map(|age| age.as_secs()).serialize(serializer)
}
