//! When a tenant was last used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::TenantRules;

/// How long a tenant is cached that no token was verified for.
pub(crate) const UNVERIFIED_TTL: Duration = Duration::from_secs(60);

/// How many fetches for such a tenant may fail. Otherwise its tokens would have its keys looked for
/// at each backoff.
pub(crate) const MAX_UNVERIFIED_FETCHES: u32 = 2;

/// What only the issuers of tenants with keys of their own have.
pub(crate) struct TenantUsage {
    pub(crate) rules: Arc<TenantRules>,
    since: Instant,
    /// The seconds from `since` to the last verified token, and one more. 0 before the first one.
    last_used: AtomicU64,
}

impl TenantUsage {
    pub(super) fn new(rules: Arc<TenantRules>, now: Instant) -> Self {
        Self {
            rules,
            since: now,
            last_used: AtomicU64::new(0),
        }
    }

    /// Notes that a token was verified. Writes once in a second, since all cores share the memory.
    pub(crate) fn mark_used(&self) {
        let seconds = Instant::now()
            .saturating_duration_since(self.since)
            .as_secs();
        let now = seconds.saturating_add(1);
        // Relaxed: orders no other memory.
        if self.last_used.load(Ordering::Relaxed) != now {
            self.last_used.store(now, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_verified(&self) -> bool {
        // Relaxed: orders no other memory.
        self.last_used.load(Ordering::Relaxed) > 0
    }

    /// Returns for how long no token was verified.
    pub(crate) fn unused_for(&self, now: Instant) -> Duration {
        // Relaxed: orders no other memory.
        let last_used = self.last_used.load(Ordering::Relaxed).saturating_sub(1);
        let age = now.saturating_duration_since(self.since);
        age.saturating_sub(Duration::from_secs(last_used))
    }

    /// Returns whether its keys are no longer to be cached.
    pub(crate) fn is_expired(&self, now: Instant, idle_timeout: Duration) -> bool {
        let ttl = if self.is_verified() {
            idle_timeout
        } else {
            UNVERIFIED_TTL
        };
        self.unused_for(now) >= ttl
    }
}
