//! Keys that are known to be missing, so that a token need not be read further.

use tokio::time::Instant;

use super::cache::Shared;
use crate::algorithm::Algorithm;
use crate::keys::source::KeyQuery;

impl Shared {
    /// Returns true only if [`refresh_for`](Shared::refresh_for) would end at once without the key:
    /// the keys are usable and lack it, and either the last fetch failed, the keys are fresh, and
    /// the backoff or a fetch is running; or no fetch is in flight, and the refetch limit is
    /// reached or the key is in the negative cache. Keeps a flood of unknown key ids cheap.
    pub(super) fn is_known_missing(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> bool {
        let snapshot = self.snapshot.load();
        let keys = snapshot.keys();
        if !self.is_usable(now)
            || keys.is_conclusive_for(key_id, algorithm)
            || keys.candidates(key_id, algorithm).next().is_some()
        {
            return false;
        }
        let state = self.lock_state();
        let is_in_flight = state.in_flight(now).is_some();
        match &state.last_failure {
            Some(_) if !snapshot.is_fresh(now) => return false,
            Some(failure) if is_in_flight || now < failure.retry_at => return true,
            None if is_in_flight => return false,
            _ => {}
        }
        let limit_reached = state.refetch_limit.is_reached_and_reported(now);
        drop(state);
        limit_reached
            || self
                .negative_cache
                .contains(&KeyQuery::new(key_id, algorithm), now)
    }
}
