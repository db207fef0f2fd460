//! The issuers as authorization servers, which the resource names to its clients (RFC 9728 §2).

use super::set::{Entry, IssuerSet};
use crate::algorithm::Algorithm;
use crate::keys::jwks::secure_url;

/// Returns why a URL can't be the identifier of an authorization server (RFC 8414 §2).
pub(crate) fn authorization_server_flaw(url: &str) -> Option<&'static str> {
    if url.contains(['?', '#']) {
        return Some("must have no query and no fragment");
    }
    let is_url = secure_url("authorization_servers", url, &[]).is_ok();
    (!is_url).then_some("must be an https URL (http is allowed on loopback only)")
}

impl IssuerSet {
    /// Returns the names of all issuers, and why clients can't be sent to one.
    pub(crate) fn authorization_servers(
        &self,
    ) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.entries()
            .iter()
            .map(|entry| (entry.name(), flaw(entry)))
    }
}

fn flaw(entry: &Entry) -> Option<&'static str> {
    let Entry::Named(issuer) = entry else {
        return Some("its name has a placeholder for the tenant");
    };
    // An issuer that is asked about tokens has no algorithms.
    let mut algorithms = issuer.algorithms.iter();
    let has_secrets_only = !issuer.algorithms.is_empty() && algorithms.all(Algorithm::is_symmetric);
    if has_secrets_only {
        return Some("it has only a shared secret");
    }
    authorization_server_flaw(entry.name())
        .map(|_| "its name is not an https URL without query and fragment")
}
