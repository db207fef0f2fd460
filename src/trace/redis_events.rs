//! Events about Redis.

use super::events::TARGET;

pub(crate) fn redis_failed(server: &str, reason: &'static str) {
    tracing::debug!(target: TARGET, server, reason, "an operation of Redis failed");
}

pub(crate) fn redis_unavailable(server: &str, reason: &'static str, outage: &'static str) {
    tracing::error!(
        target: TARGET,
        server,
        reason,
        "Redis is unavailable, so whether a token or proof was used before is not known to all \
         instances: {outage}"
    );
}

pub(crate) fn redis_recovered(server: &str) {
    tracing::info!(target: TARGET, server, "Redis is available again");
}

pub(crate) fn redis_evicts(server: &str, policy: &'static str) {
    tracing::warn!(
        target: TARGET,
        server,
        policy,
        "Redis evicts used tokens, proofs and revocations when its memory is full: set \
         maxmemory-policy to noeviction"
    );
}
