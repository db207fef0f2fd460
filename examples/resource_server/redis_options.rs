//! The options of what the instances of this service share in Redis.

use std::time::Duration;

use tower_jwt_auth::{
    ConfigError, OnRedisOutage, OnStaleRevocations, RedisReplayStore, RedisRevocationStore,
    RevocationSettings, Revocations,
};

use crate::usage_error::{UsageError, with_sources};

const DEFAULT_PREFIX: &str = "resource_server";
const DEFAULT_STALENESS: Duration = Duration::from_secs(30);
/// How long the last known list is used with `--on-stale last-known`.
const LAST_KNOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// `--redis`, with the options that require it.
#[derive(Debug, Default)]
pub(crate) struct RedisOptions {
    pub(crate) url: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) sentinels: Vec<String>,
    pub(crate) is_plain: bool,
    pub(crate) max_staleness: Option<Duration>,
    pub(crate) logout_clients: Vec<String>,
    on_stale: Option<OnStaleRevocations>,
}

/// What the instances share.
pub(crate) struct Shared {
    pub(crate) revocations: Revocations,
    pub(crate) used_tokens: RedisReplayStore,
}

impl RedisOptions {
    pub(crate) fn set_on_stale(&mut self, what: &str) -> Result<(), UsageError> {
        self.on_stale = Some(match what {
            "reject" => OnStaleRevocations::Reject,
            "last-known" => OnStaleRevocations::UseLastKnownFor(LAST_KNOWN),
            other => {
                let message = format!("--on-stale {other}: must be reject or last-known");
                return Err(UsageError::new(message));
            }
        });
        Ok(())
    }

    /// Rejects options that require `--redis`.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        let requiring = [
            ("--redis-prefix", self.prefix.is_some()),
            ("--redis-sentinel", !self.sentinels.is_empty()),
            ("--redis-plain-tcp", self.is_plain),
            ("--on-stale", self.on_stale.is_some()),
            ("--max-staleness", self.max_staleness.is_some()),
            ("--logout-client", !self.logout_clients.is_empty()),
        ];
        let given = requiring.iter().find(|(_, given)| *given);
        match given {
            Some((option, _)) if self.url.is_none() => {
                Err(UsageError::new(format!("{option}: requires --redis")))
            }
            _ => Ok(()),
        }
    }

    /// Returns what is shared; `None` without `--redis`. Connects to nothing yet.
    pub(crate) fn shared(&self) -> Result<Option<Shared>, UsageError> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let shared = self.stores(url);
        // Without the URL, which may hold a password.
        let shared = shared
            .map_err(|error| UsageError::new(format!("--redis: {}", with_sources(&error))))?;
        Ok(Some(shared))
    }

    fn stores(&self, url: &str) -> Result<Shared, ConfigError> {
        let prefix = self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX);
        let mut revoked = RedisRevocationStore::builder(url, prefix);
        let mut used = RedisReplayStore::builder(url, prefix, OnRedisOutage::Reject);
        if !self.sentinels.is_empty() {
            revoked = revoked.sentinels(&self.sentinels);
            used = used.sentinels(&self.sentinels);
        }
        if self.is_plain {
            revoked = revoked.allow_plain_tcp();
            used = used.allow_plain_tcp();
        }
        let on_stale = self.on_stale.unwrap_or(OnStaleRevocations::Reject);
        let settings = RevocationSettings::default()
            .store(revoked.build()?, on_stale)
            .max_staleness(self.max_staleness.unwrap_or(DEFAULT_STALENESS));
        Ok(Shared {
            revocations: Revocations::with_settings(settings)?,
            used_tokens: used.build()?,
        })
    }
}
