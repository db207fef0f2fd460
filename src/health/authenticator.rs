//! Readiness as data.

use super::assess::Facts;
use super::{Readiness, ReadyWhen};
use crate::verify::{Authenticator, ConfiguredIssuer};

/// The maximum number of issuers whose absent keys one call starts to fetch. With ten thousand
/// issuers, a probe must not fetch from all of them at once.
const MAX_STARTED: usize = 16;

impl<C> Authenticator<C> {
    /// Returns whether requests can be served, and what fails: with
    /// [`ReadyWhen::AnyIssuer`], an authenticator is ready if the keys of at least one issuer are
    /// cached, stale ones included. So the outage of an issuer makes it degraded, and not ready only
    /// when the keys have expired. An unavailable store of used tokens or revocations does not make
    /// it not ready: requests that need it get 503, or what the store's settings say.
    ///
    /// If it is not ready, the keys that are missing are fetched in the background, as by a request:
    /// an instance that gets no requests before it is ready becomes ready. Each call starts that for
    /// at most 16 issuers, one fetch each at a time, with the usual backoff. Otherwise there is no
    /// side effect. Requires a tokio runtime for that only.
    ///
    /// Keys of a [`KeySource`](crate::KeySource) of your own count as absent while its `current`
    /// returns `None`, and are not loaded here.
    ///
    /// [`HealthService`](crate::HealthService) answers probes with this.
    #[must_use]
    pub fn readiness(&self, rule: &ReadyWhen) -> Readiness {
        let readiness = self.facts().assess(rule);
        if !readiness.is_ready() {
            self.fetch_absent_keys(rule);
        }
        readiness
    }

    /// Returns whether requests can be served:
    /// [`readiness`](Self::readiness)`(&ReadyWhen::AnyIssuer).is_ready()`.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness(&ReadyWhen::AnyIssuer).is_ready()
    }

    fn facts(&self) -> Facts {
        let issuers = self.registry().load();
        let issuers = issuers.configured().map(|(name, issuer)| {
            let health = issuer.map(|issuer| issuer.health());
            (name.to_owned(), health)
        });
        Facts {
            issuers: issuers.collect(),
            revocations: self.revocation_health(),
        }
    }

    fn fetch_absent_keys(&self, rule: &ReadyWhen) {
        let issuers = self.registry().load();
        let counted = issuers.configured().filter(|(name, _)| rule.counts(name));
        let counted = counted.filter_map(|(_, issuer)| issuer);
        let started = counted.filter(|issuer| starts_fetching(issuer));
        started.take(MAX_STARTED).for_each(drop);
    }
}

/// Has absent keys fetched in the background. Returns whether that is new.
fn starts_fetching(issuer: &ConfiguredIssuer) -> bool {
    issuer.keys.start_fetching_if_absent()
}
