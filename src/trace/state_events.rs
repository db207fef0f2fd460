//! Events about what requests share: used tokens and proofs, revocations, and logouts.

use std::error::Error as StdError;
use std::time::Duration;

use super::events::{TARGET, with_sources};
use crate::error::Error;

/// Returns the number of events that were not logged since the last one, unless it is 0.
fn some(suppressed: u64) -> Option<u64> {
    (suppressed > 0).then_some(suppressed)
}

pub(crate) fn replay_store_full(max_entries: u64, suppressed: u64) {
    let suppressed = some(suppressed);
    tracing::warn!(
        target: TARGET,
        max_entries,
        suppressed,
        "the store of used tokens and proofs is full of entries that have not expired"
    );
}

pub(crate) fn replay_store_not_ready(error: &(dyn StdError + 'static)) {
    let error = with_sources(error);
    tracing::warn!(
        target: TARGET,
        error,
        "a store of used tokens and proofs is not ready: requests will try again"
    );
}

pub(crate) fn replay_share_used_up(max_entries: u64, suppressed: u64) {
    let suppressed = some(suppressed);
    tracing::warn!(
        target: TARGET,
        max_entries,
        suppressed,
        "proofs of one key have a sixteenth of the store of used proofs: further ones get 503"
    );
}

/// The logout of a subject or a session, which are not named.
pub(crate) fn logged_out(issuer: &str, of: &'static str) {
    tracing::debug!(target: TARGET, issuer, of, "logged out at the issuer");
}

pub(crate) fn logout_rejected(error: &Error) {
    let (kind, claim) = (error.kind().name(), error.claim());
    tracing::debug!(target: TARGET, { "error.type" = kind, claim }, "logout token rejected");
}

pub(crate) fn revocations_full(max_entries: usize, suppressed: u64) {
    let suppressed = some(suppressed);
    tracing::error!(
        target: TARGET,
        max_entries,
        suppressed,
        "a revocation was not stored: the list is full of entries that have not ended"
    );
}

pub(crate) fn revocations_loaded(entries: usize, lost: usize) {
    tracing::debug!(
        target: TARGET,
        entries,
        lost,
        "the list of revocations was loaded; entries that the store has lost are stored again"
    );
}

pub(crate) fn revocation_store_failed(part: &'static str, error: &str) {
    tracing::warn!(
        target: TARGET,
        part,
        error,
        "the store of revocations failed: the operation will be tried again"
    );
}

pub(crate) fn revocations_stale(age: Duration, outcome: &'static str) {
    tracing::error!(
        target: TARGET,
        ?age,
        "the list of revocations is not up to date with its store: {outcome}"
    );
}

pub(crate) fn revocations_up_to_date() {
    tracing::info!(target: TARGET, "the list of revocations is up to date again");
}
