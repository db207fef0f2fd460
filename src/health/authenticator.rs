//! Readiness as data.

use super::assess::Facts;
use super::{Readiness, ReadyWhen};
use crate::verify::{Authenticator, ConfiguredIssuer};

/// The maximum number of issuers for which one call starts the background refresh. With ten
/// thousand issuers, a probe must not fetch from all of them at once.
const MAX_STARTED: usize = 16;

impl<C> Authenticator<C> {
    /// Returns whether requests can be served, and what fails: with [`ReadyWhen::AnyIssuer`], an
    /// authenticator is ready if the keys of at least one issuer are cached, stale ones included.
    /// So the outage of an issuer makes it degraded, and not ready only when the keys have expired.
    /// An unavailable store of used tokens or revocations does not make it not ready: requests that
    /// need it get 503, or what the store's settings say.
    ///
    /// Keys of issuers that count by the rule are fetched in the background, as by a request, if
    /// they are absent or due for a refresh: an instance that gets no requests becomes ready, and
    /// stays ready while this is called from time to time. Each call starts that for at most 16
    /// issuers, one fetch each at a time, with the usual backoff. From then on, an issuer's keys
    /// are refreshed for an [`idle_timeout`](crate::JwksCacheSettings::idle_timeout). There is no
    /// other side effect. Requires a tokio runtime for that only.
    ///
    /// Keys of a [`KeySource`](crate::KeySource) of your own count as absent while its `current`
    /// returns `None`, and are not loaded here.
    ///
    /// [`HealthService`](crate::HealthService) responds to probes with this.
    #[must_use]
    pub fn readiness(&self, rule: &ReadyWhen) -> Readiness {
        let readiness = self.facts().assess(rule);
        self.refresh_due_keys(rule);
        readiness
    }

    /// Returns whether requests can be served:
    /// [`readiness`](Self::readiness)`(&ReadyWhen::AnyIssuer).is_ready()`.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness(&ReadyWhen::AnyIssuer).is_ready()
    }

    fn facts(&self) -> Facts {
        let all = self.registry().load();
        let secrets = all.secret_problems();
        let issuers = all.configured().map(|(name, issuer)| {
            let health = issuer.map(|issuer| {
                let problem = secrets.of(issuer);
                issuer.health_without_keys().with_error(problem.as_ref())
            });
            (name.to_owned(), health)
        });
        Facts {
            issuers: issuers.collect(),
            revocations: self.revocation_health(),
        }
    }

    fn refresh_due_keys(&self, rule: &ReadyWhen) {
        let (issuers, counted) = (self.registry().load(), rule.counted());
        let counted = issuers
            .configured()
            .filter(|(name, _)| counted.contains(name));
        let counted = counted.filter_map(|(_, issuer)| issuer);
        let started = counted.filter(|issuer| starts_refresh(issuer));
        started.take(MAX_STARTED).for_each(drop);
    }
}

/// Has keys that are due fetched in the background. Returns whether that is new.
fn starts_refresh(issuer: &ConfiguredIssuer) -> bool {
    issuer.keys.start_refresh_if_due()
}
