//! Whether used tokens and proofs are stored for this process alone or for several.

/// Whether used tokens and DPoP proofs are stored for this process alone or for several, as
/// [`Authenticator::replay_health`](crate::Authenticator::replay_health) returns it.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Authenticator, ReplayScope};
///
/// /// Of several instances behind a load balancer, each one would accept a proof once.
/// fn is_ready_for_balancing(authenticator: &Authenticator) -> bool {
///     let health = authenticator.replay_health();
///     health.tokens != ReplayScope::Process && health.proofs != ReplayScope::Process
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayHealth {
    /// Of tokens ([`reject_replays`](crate::JwtAuthBuilder::reject_replays),
    /// [`replay_store`](crate::JwtAuthBuilder::replay_store)).
    pub tokens: ReplayScope,
    /// Of DPoP proofs ([`Dpop::replay_store`](crate::Dpop::replay_store)).
    pub proofs: ReplayScope,
    /// The number of used tokens in the store, including some that have expired and are not removed
    /// yet; with those proofs that are in the same store. `None` if nothing is stored, and for a
    /// store that does not [know](crate::ReplayStore::entries) it.
    pub token_entries: Option<usize>,
    /// The same of used proofs.
    pub proof_entries: Option<usize>,
}

/// Whether used tokens or proofs are stored for this process alone or for several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayScope {
    /// Nothing is stored: they can be used again.
    #[default]
    Off,
    /// This process alone: each of several processes accepts a token or proof once.
    Process,
    /// Several processes, as [`ReplayStore::is_shared`](crate::ReplayStore::is_shared) says.
    Shared,
}

impl ReplayScope {
    /// Returns the scope of a store.
    pub(crate) fn of(store: &dyn super::ReplayStore) -> Self {
        if store.is_shared() {
            Self::Shared
        } else {
            Self::Process
        }
    }
}
