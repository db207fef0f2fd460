//! Single use of tokens, by their `jti` (RFC 7519 §4.1.7).

use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// How long an id stays after its token expires: the system clock may be set back, while the cache
/// measures ages with a monotonic one.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The ids of used tokens, until the tokens have expired.
///
/// Bounded: when it is full, the least recently seen id is evicted. Only verified tokens get here,
/// so only the issuers determine how many ids there are.
pub(crate) struct ReplayCache {
    seen: Cache<TokenId, Duration>,
    leeway: Duration,
}

/// The issuer and the `jti`, which is unique only for one issuer.
type TokenId = (Box<str>, Box<str>);

struct UntilExpiry;

impl Expiry<TokenId, Duration> for UntilExpiry {
    fn expire_after_create(&self, _: &TokenId, ttl: &Duration, _: Instant) -> Option<Duration> {
        Some(*ttl)
    }
}

impl ReplayCache {
    pub(crate) fn new(max_entries: u64, leeway: Duration) -> Self {
        let seen = Cache::builder()
            .max_capacity(max_entries)
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(UntilExpiry)
            .build();
        Self { seen, leeway }
    }

    /// Stores the token's id. Rejects the token if the id was stored before. `now` is the time
    /// since 1970.
    pub(crate) fn check<C>(&self, claims: &Claims<C>, now: Duration) -> Result<(), Error> {
        let id = claims
            .id()
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "jti"))?;
        let expires_at = claims.expires_at().duration_since(SystemTime::UNIX_EPOCH);
        // An `exp` before 1970 was rejected when it was read, so the default is never used.
        let remaining = expires_at.unwrap_or_default().saturating_sub(now);
        let ttl = remaining.saturating_add(self.leeway).saturating_add(MARGIN);
        // One atomic call: of two concurrent requests with the same token, one is rejected.
        let entry = self
            .seen
            .entry((claims.issuer().into(), id.into()))
            .or_insert(ttl);
        if entry.is_fresh() {
            Ok(())
        } else {
            Err(ErrorKind::Replayed.into())
        }
    }
}
