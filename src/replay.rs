//! Tokens that may be used once (RFC 7519 §4.1.7).

use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// The time of day may be set back, the time that an id is remembered can't: so it is remembered longer.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The ids of the tokens that were used, for as long as they could be used again.
///
/// Bounded: when full, the id that was not seen for the longest goes first. Only verified tokens get here, so nobody
/// but the issuers decides how many ids there are.
#[derive(Clone)]
pub(crate) struct Replays {
    seen: Cache<(Box<str>, Box<str>), Duration>,
    /// Beyond `exp` a token is accepted for so long.
    leeway: Duration,
}

struct UntilExpiry;

impl Expiry<(Box<str>, Box<str>), Duration> for UntilExpiry {
    fn expire_after_create(
        &self,
        _: &(Box<str>, Box<str>),
        left: &Duration,
        _: Instant,
    ) -> Option<Duration> {
        Some(*left)
    }
}

impl Replays {
    pub(crate) fn new(most: u64, leeway: Duration) -> Self {
        let seen = Cache::builder()
            .max_capacity(most)
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(UntilExpiry)
            .build();
        Self { seen, leeway }
    }

    /// Notes the token's id; refuses it if it was there.
    pub(crate) fn check<C>(&self, claims: &Claims<C>, now: Duration) -> Result<(), Error> {
        let id = claims
            .id()
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "jti"))?;
        let expires = claims
            .expires_at()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let left = expires
            .saturating_sub(now)
            .saturating_add(self.leeway)
            .saturating_add(MARGIN);
        // One entry call, so that of two requests at the same time one loses.
        let entry = self
            .seen
            .entry((claims.issuer().into(), id.into()))
            .or_insert(left);
        if entry.is_fresh() {
            Ok(())
        } else {
            Err(ErrorKind::Replayed.into())
        }
    }
}
