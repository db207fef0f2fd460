//! The state of an issuer's keys, for health checks and dashboards.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::KeyFilesHealth;
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::jwk::{Key, KeySet, SkippedKey};

/// The state of one issuer's keys, as [`Authenticator::health`](crate::Authenticator::health)
/// returns it.
///
/// Contains no key material. Serializes as JSON, durations as whole seconds and times as seconds
/// since 1970.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IssuerHealth {
    /// The issuer's name as configured, or for keys by tenant the one of the tenant.
    pub issuer: String,
    /// For keys by tenant, the issuer's name as configured, with its placeholder. `None` for other
    /// issuers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Whether keys are usable now, or an introspected issuer is available. If not, the next
    /// request waits for a fetch, and gets 503 if that fails, or gets 503 at once during the
    /// backoff after a failure. Also `false` if there is an [`error`](Self::error) and no keys are
    /// fetched: then all tokens get 503.
    pub serving: bool,
    /// Why tokens that are signed with a secret get 503: since a file or a source has changed, the
    /// issuer shares a secret with another one, or has one secret for two algorithms. Names issuers
    /// and key ids. `None` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The cached keys, including expired ones, and after them the secrets of
    /// [`Issuer::add_secrets`](crate::Issuer::add_secrets).
    pub keys: Vec<KeyInfo>,
    /// The keys of the issuer's JWK set that are not used, with the reason. If the last fetch
    /// brought a set without a usable key, they are those of that set.
    pub skipped: Vec<SkippedKey>,
    /// The state of fetching. `None` for keys that are not fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch: Option<FetchHealth>,
    /// The state of introspection. `None` for an issuer with keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionHealth>,
    /// The state of the files that the keys come from. `None` for other keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<KeyFilesHealth>,
}

/// One key, without its key material.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key id (`kid`), if the key has one.
    pub key_id: Option<String>,
    /// The algorithms that the key verifies.
    #[serde(serialize_with = "names")]
    pub algorithms: Vec<Algorithm>,
}

/// The state of fetching one issuer's keys.
///
/// The fields about the last successful fetch are `None` before the first one.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FetchHealth {
    /// The time since the last successful fetch: one that brought keys, or confirmed them.
    #[serde(serialize_with = "seconds")]
    pub age: Option<Duration>,
    /// When that fetch ended, by the system clock.
    #[serde(serialize_with = "seconds_since_1970")]
    pub last_success: Option<SystemTime>,
    /// The time until the keys are past their TTL; zero if they are stale. They are due for a
    /// refresh before that time.
    #[serde(serialize_with = "seconds")]
    pub fresh_for: Option<Duration>,
    /// The time until the keys expire if no fetch succeeds: the rest of the TTL and
    /// [`stale_if_error`](crate::JwksCacheSettings::stale_if_error), or less if the keys are
    /// [`withdrawn`](Self::withdrawn). Stale keys are used only while fetches fail: see
    /// [`serving`](IssuerHealth::serving).
    #[serde(serialize_with = "seconds")]
    pub usable_for: Option<Duration>,
    /// Whether the keys are past their TTL: because fetches fail, or because no token of the issuer
    /// was verified for [`idle_timeout`](crate::JwksCacheSettings::idle_timeout), or because they
    /// come from a snapshot file and were not fetched again yet, or because their
    /// [`withdrawal_grace`](crate::JwksCacheSettings::withdrawal_grace) has passed.
    pub stale: bool,
    /// Whether the issuer has sent a JWK set without a usable key since the last successful fetch.
    /// The cached keys are used until [`usable_for`](Self::usable_for) has passed, which ends with
    /// [`withdrawal_grace`](crate::JwksCacheSettings::withdrawal_grace).
    pub withdrawn: bool,
    /// The cause of the last failure, on one line of at most 2 KiB. `None` if the last fetch
    /// succeeded, unless it had to use a cached `jwks_uri` because the issuer's metadata could not
    /// be fetched.
    pub last_error: Option<String>,
    /// The number of fetches that have ended.
    pub fetches: u64,
    /// The number of fetches that have failed.
    pub failures: u64,
}

/// The state of asking one issuer about its tokens: see
/// [`Issuer::introspection`](crate::Issuer::introspection).
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct IntrospectionHealth {
    /// Whether the issuer is asked now. False after 5 consecutive failures (no response, 429, 502,
    /// 503 or 504), until it responds to a question that is sent as a probe. Tokens without a
    /// cached response then get 503.
    pub available: bool,
    /// Whether the issuer responded to the last question with 401 or 403: it rejects the
    /// credentials of this service, or that token.
    pub denied: bool,
    /// The cause of the last failure, on one line of at most 2 KiB. `None` if the last question got
    /// a usable response.
    pub last_error: Option<String>,
    /// The number of consecutive failures of the issuer.
    pub consecutive_failures: u32,
    /// The number of questions that were sent and have ended.
    pub questions: u64,
    /// The number of those that have failed, or whose response can't be used.
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
            pattern: None,
            serving,
            error: None,
            keys: keys
                .into_iter()
                .flat_map(KeySet::keys)
                .map(KeyInfo::of)
                .collect(),
            skipped: keys.map(KeySet::skipped).unwrap_or_default().to_vec(),
            fetch,
            introspection: None,
            files: None,
        }
    }

    /// Adds the configured name of the issuer of a tenant.
    pub(crate) fn with_pattern(mut self, pattern: Option<&str>) -> Self {
        self.pattern = pattern.map(ToOwned::to_owned);
        self
    }

    /// Adds the state of introspection.
    pub(crate) fn with_introspection(mut self, introspection: IntrospectionHealth) -> Self {
        self.introspection = Some(introspection);
        self
    }

    /// Adds why the keys must not be used.
    pub(crate) fn with_error(mut self, error: Option<&ConfigError>) -> Self {
        // Secrets beside fetched keys are not the only keys.
        self.serving &= error.is_none() || self.fetch.is_some();
        self.error = error.map(ToString::to_string);
        self
    }

    /// Adds the state of watched files.
    pub(crate) fn with_files(mut self, files: Option<KeyFilesHealth>) -> Self {
        self.files = files;
        self
    }

    /// Shows the keys of a set that was fetched later, if it has none that is usable.
    pub(crate) fn with_unusable(mut self, keys: Vec<SkippedKey>) -> Self {
        if !keys.is_empty() {
            self.skipped = keys;
        }
        self
    }
}

impl IssuerHealth {
    /// Adds the secrets that an issuer has beside fetched keys.
    pub(crate) fn with_secrets(mut self, secrets: Option<&KeySet>) -> Self {
        let secrets = secrets.into_iter().flat_map(KeySet::keys);
        self.keys.extend(secrets.map(KeyInfo::of));
        self
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

/// A time before 1970 serializes as null.
#[expect(clippy::ref_option, reason = "serde's signature of serialize_with")]
pub(super) fn seconds_since_1970<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let since_1970 = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    seconds(&since_1970, serializer)
}

#[expect(clippy::ref_option, reason = "serde's signature of serialize_with")]
fn seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(serializer)
}
