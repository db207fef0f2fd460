//! How the keys are, for health checks and dashboards.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::algorithm::Algorithm;
use crate::jwk::{Key, KeySet, SkippedKey};

/// The state of one issuer's keys. Serializes as JSON with times in seconds.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IssuerHealth {
    /// The issuer.
    pub issuer: String,
    /// Whether there are keys that serve now.
    pub serving: bool,
    /// The keys at hand, also those that no longer serve.
    pub keys: Vec<KeyInfo>,
    /// The members of the issuer's JWK set that are not used.
    pub skipped: Vec<SkippedKey>,
    /// About the fetches, where keys are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch: Option<FetchHealth>,
}

/// One key.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct KeyInfo {
    /// Its id.
    pub key_id: Option<String>,
    /// What it verifies.
    #[serde(serialize_with = "names")]
    pub algorithms: Vec<Algorithm>,
}

/// How fetching goes.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FetchHealth {
    /// Since the last fetch that brought keys, or confirmed them.
    #[serde(serialize_with = "seconds")]
    pub age: Option<Duration>,
    /// When that fetch was, by the clock on the wall.
    #[serde(serialize_with = "since_1970")]
    pub last_success: Option<SystemTime>,
    /// Until the life of the keys ends; they are refreshed before.
    #[serde(serialize_with = "seconds")]
    pub expires_in: Option<Duration>,
    /// Until the keys no longer serve if no fetch succeeds: their life and the time that they may serve stale.
    #[serde(serialize_with = "seconds")]
    pub serves_for: Option<Duration>,
    /// Whether the keys have outlived their life: because the issuer can't be reached, or because nobody asked.
    pub stale: bool,
    /// Why the last fetch failed; `None` if it succeeded.
    pub last_error: Option<String>,
    /// How many fetches ended.
    pub fetches: u64,
    /// How many of them failed.
    pub failures: u64,
}

impl IssuerHealth {
    pub(crate) fn new(
        issuer: &str,
        keys: Option<&KeySet>,
        serving: bool,
        fetch: Option<FetchHealth>,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            serving,
            keys: keys
                .into_iter()
                .flat_map(KeySet::keys)
                .map(KeyInfo::of)
                .collect(),
            skipped: keys.map(KeySet::skipped).unwrap_or_default().to_vec(),
            fetch,
        }
    }
}

impl KeyInfo {
    fn of(key: &Key) -> Self {
        Self {
            key_id: key.key_id().map(ToOwned::to_owned),
            algorithms: key.algorithms().iter().collect(),
        }
    }
}

fn names<S: Serializer>(algorithms: &[Algorithm], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(algorithms.iter().map(|algorithm| algorithm.name()))
}

// The signature is serde's.
#[allow(clippy::ref_option)]
fn since_1970<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    seconds(
        &time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()),
        serializer,
    )
}

// As above.
#[allow(clippy::ref_option)]
fn seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(serializer)
}
