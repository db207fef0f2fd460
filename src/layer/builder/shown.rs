//! The settings of a builder, for developers.

use std::fmt;

use super::JwtAuthBuilder;

/// Shows the settings that are data, and no secret.
impl<C, R> fmt::Debug for JwtAuthBuilder<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, below) = (&self.policy, &self.for_below);
        f.debug_struct("JwtAuthBuilder")
            .field("issuers", &self.issuers)
            .field("rules", &self.rules)
            .field("scopes", &self.scopes)
            .field("checks", &policy.len())
            .field("check_timeout", &policy.timeout)
            .field("reject_replays", &self.reject_replays)
            .field("token_cache", &self.token_cache)
            .field("offload", &self.offload)
            .field("offload_timeout", &self.offload_timeout)
            .field("token_sources", &self.sources)
            .field("forwarding", &self.forwarding)
            .field("optional", &self.optional)
            .field("pass_preflight", &self.pass_preflight)
            .field("skips", &self.skip.is_some())
            .field("realm", &below.realm)
            .field("grpc_responses", &below.grpc)
            .field("dpop", &self.dpop)
            .field("mtls", &self.mtls)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
