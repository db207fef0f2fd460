//! Which tenant's keys are cached next, and which are removed for that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::cache::TenantCache;
use super::usage::UNVERIFIED_TTL;
use crate::verify::ConfiguredIssuer;

/// The shortest `Retry-After`.
const MIN_RETRY: Duration = Duration::from_secs(1);

/// The bookkeeping of a cache of tenants. Changed under a lock that no request takes whose tenant
/// is cached.
#[derive(Default)]
pub(super) struct Admission {
    /// When there may be room, and the time until which it is not looked for. Keeps a flood from
    /// being counted again and again.
    full: Option<(Instant, Instant)>,
    /// Whether that was reported since there was room.
    is_reported: bool,
    /// Set when the issuer was removed: then no tenant is added.
    pub(super) is_closed: bool,
    pub(super) is_expiry_running: bool,
}

/// What is to be done for a new tenant.
pub(super) enum Room {
    Free,
    /// After this one is removed.
    Instead(Arc<ConfiguredIssuer>),
    Full {
        retry_after: Duration,
        is_news: bool,
    },
}

impl Admission {
    /// Returns whether a tenant may be added to at most `max`. Those that no token was verified for
    /// may take half of them, so that a flood of made-up names can't displace those in use.
    pub(super) fn room(&mut self, cache: &TenantCache, max: usize, now: Instant) -> Room {
        if let Some((until, _)) = self.full.filter(|(_, recount)| now < *recount) {
            return self.full(until, now);
        }
        let all = cache.all();
        let max_unverified = max.div_euclid(2);
        let (verified, unverified): (Vec<_>, Vec<_>) =
            all.iter().partition(|issuer| issuer.is_verified_tenant());
        let room = if unverified.len() >= max_unverified {
            instead(&unverified, now)
        } else if all.len() >= max {
            instead(&verified, now)
        } else {
            Ok(Room::Free)
        };
        match room {
            Ok(room) => {
                (self.full, self.is_reported) = (None, false);
                room
            }
            Err(until) => {
                // Tokens of some that were not verified may be within a second.
                let recount = now.checked_add(MIN_RETRY).unwrap_or(until);
                self.full = Some((until, until.min(recount)));
                self.full(until, now)
            }
        }
    }

    fn full(&mut self, until: Instant, now: Instant) -> Room {
        Room::Full {
            retry_after: until.saturating_duration_since(now).max(MIN_RETRY),
            is_news: !std::mem::replace(&mut self.is_reported, true),
        }
    }
}

/// Returns the tenant that was unused for the longest time, or the time at which one may be
/// removed.
fn instead(issuers: &[&Arc<ConfiguredIssuer>], now: Instant) -> Result<Room, Instant> {
    let unused_for = |issuer: &&&Arc<ConfiguredIssuer>| issuer.unused_for(now);
    let longest = issuers.iter().max_by_key(unused_for);
    let unused = longest.map_or(Duration::ZERO, |issuer| issuer.unused_for(now));
    match longest {
        Some(issuer) if unused >= UNVERIFIED_TTL => Ok(Room::Instead(Arc::clone(issuer))),
        _ => {
            let wait = UNVERIFIED_TTL.saturating_sub(unused);
            Err(now.checked_add(wait).unwrap_or(now))
        }
    }
}
