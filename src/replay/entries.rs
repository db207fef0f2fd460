//! The entries of a store in memory, and the bounds of their number.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use super::owners::{Owner, Owners};
use super::{ReplayKind, WhenFull};

/// How many expired entries one call removes at most: more than the one that it adds, and few
/// enough that no request waits while a million of them are removed.
const REMOVED_PER_CALL: usize = 4;

/// The minimum time between two log events with the same reason, in seconds.
const LOG_INTERVAL: u32 = 60;

/// Once a store is half full, one key of a client may have this part of its entries.
const MAX_SHARE: u64 = 16;

/// [`ReplayKey::digest`](super::ReplayKey::digest). That two of a million ids have the same one has
/// a probability of 10⁻²⁷. Then a token is rejected that was not used; none is accepted that was.
pub(super) type Digest = [u8; 16];

/// Ordered by the time at which it expires, in seconds since the start of the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) expiry: u32,
    pub(super) digest: Digest,
    /// The key of a proof. Tokens have none: an issuer may fill the store.
    pub(super) owner: Option<Owner>,
}

#[derive(Default)]
pub(super) struct Entries {
    digests: HashSet<Digest>,
    /// The same entries. The first to expire is on top.
    by_expiry: BinaryHeap<Reverse<Entry>>,
    owners: Owners,
    /// When it was last logged that there is no space, for each reason.
    full_logged: Logged,
    share_logged: Logged,
}

/// When something was last logged, in seconds, and how many times it was not since.
#[derive(Default)]
struct Logged {
    last: Option<u32>,
    suppressed: u64,
}

/// Why an entry is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSpace {
    Full,
    /// Its owner has its share of the entries.
    Share,
}

impl NoSpace {
    /// Returns the cause of the 503.
    pub(super) const fn cause(self, kind: ReplayKind) -> &'static str {
        match (self, kind) {
            (Self::Full, ReplayKind::Token) => "the store of used tokens is full",
            (Self::Full, ReplayKind::Proof) => "the store of used proofs is full",
            (Self::Share, _) => "the store of used proofs has too many of one key",
        }
    }
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.digests.len()
    }

    pub(super) fn contains(&self, digest: &Digest) -> bool {
        self.digests.contains(digest)
    }

    /// Returns whether there is no space, unless an entry is removed before it expires.
    pub(super) fn is_full(&self, max: u64) -> bool {
        self.count() >= max
    }

    /// Adds an entry, in place of the first to expire if the store is full and may evict.
    pub(super) fn add(
        &mut self,
        entry: Entry,
        now: u32,
        max: u64,
        when_full: WhenFull,
    ) -> Result<(), NoSpace> {
        if self.is_full(max) {
            self.evict(entry, when_full)?;
        }
        if let Some(owner) = entry.owner {
            self.check_share(owner, max, now)?;
            self.owners.add(owner);
        }
        self.digests.insert(entry.digest);
        self.by_expiry.push(Reverse(entry));
        Ok(())
    }

    /// Removes a few of the entries that have expired. If there are any, at least one.
    pub(super) fn remove_expired(&mut self, now: u32) {
        for _ in 0..REMOVED_PER_CALL {
            if !self.has_expired(now) {
                return;
            }
            self.remove_first();
        }
    }

    fn has_expired(&self, now: u32) -> bool {
        let first = self.by_expiry.peek();
        first.is_some_and(|Reverse(first)| first.expiry <= now)
    }

    /// Returns how many events with this reason were not logged, if the last one was long enough
    /// ago. Else counts this one as not logged.
    pub(super) fn may_log(&mut self, reason: NoSpace, now: u32) -> Option<u64> {
        let logged = match reason {
            NoSpace::Full => &mut self.full_logged,
            NoSpace::Share => &mut self.share_logged,
        };
        let next = logged.last.map(|last| last.saturating_add(LOG_INTERVAL));
        if next.is_some_and(|next| now < next) {
            logged.suppressed = logged.suppressed.saturating_add(1);
            return None;
        }
        logged.last = Some(now);
        Some(std::mem::take(&mut logged.suppressed))
    }

    fn count(&self) -> u64 {
        u64::try_from(self.digests.len()).unwrap_or(u64::MAX)
    }

    /// Removes the first token to expire. No proof makes space, and none gets some: a proof that is
    /// removed early could be used again.
    fn evict(&mut self, entry: Entry, when_full: WhenFull) -> Result<(), NoSpace> {
        let first = self.by_expiry.peek();
        let is_token = first.is_some_and(|Reverse(first)| first.owner.is_none());
        if when_full == WhenFull::Reject || entry.owner.is_some() || !is_token {
            return Err(NoSpace::Full);
        }
        self.remove_first();
        Ok(())
    }

    /// While expired entries remain, they count, too, so no share is exceeded for certain.
    fn check_share(&self, owner: Owner, max: u64, now: u32) -> Result<(), NoSpace> {
        let is_half_full = self.count() >= max.div_ceil(2);
        if is_half_full
            && !self.has_expired(now)
            && self.owners.entries(owner) >= max.div_ceil(MAX_SHARE)
        {
            return Err(NoSpace::Share);
        }
        Ok(())
    }

    fn remove_first(&mut self) {
        if let Some(Reverse(entry)) = self.by_expiry.pop() {
            self.digests.remove(&entry.digest);
            if let Some(owner) = entry.owner {
                self.owners.remove(owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(id: u8, owner: u32) -> Entry {
        Entry {
            expiry: u32::from(id) + 1,
            digest: [id; 16],
            owner: Some(Owner::new(owner).unwrap()),
        }
    }

    fn token(id: u8) -> Entry {
        Entry {
            owner: None,
            ..proof(id, 1)
        }
    }

    /// Adds entries to a store for 32.
    fn add(entries: &mut Entries, added: Entry) -> Result<(), NoSpace> {
        entries.add(added, 0, 32, WhenFull::Evict)
    }

    #[test]
    fn a_key_of_a_client_may_fill_half_of_a_store_and_then_has_a_sixteenth() {
        let mut entries = Entries::default();
        for id in 0..16 {
            assert_eq!(add(&mut entries, proof(id, 1)), Ok(()), "{id}");
        }
        assert_eq!(add(&mut entries, proof(16, 1)), Err(NoSpace::Share));
        for id in 16..18 {
            assert_eq!(add(&mut entries, proof(id, 2)), Ok(()));
        }
        assert_eq!(add(&mut entries, proof(18, 2)), Err(NoSpace::Share));
        // Others are not affected, until the store is full.
        for id in 18..32 {
            assert_eq!(add(&mut entries, proof(id, id.into())), Ok(()));
        }
        assert_eq!(add(&mut entries, proof(32, 99)), Err(NoSpace::Full));
        // Expired entries give the share back.
        for _ in 0..4 {
            entries.remove_expired(16);
        }
        assert_eq!(entries.len(), 16);
        assert_eq!(add(&mut entries, proof(33, 1)), Ok(()));
    }

    #[test]
    fn the_tokens_of_one_issuer_may_fill_a_store() {
        let mut entries = Entries::default();
        for id in 0..32 {
            assert_eq!(add(&mut entries, token(id)), Ok(()));
        }
    }

    #[test]
    fn a_proof_is_not_removed_before_it_expires_and_removes_no_other() {
        let mut entries = Entries::default();
        for id in 1..32 {
            assert_eq!(add(&mut entries, token(id)), Ok(()));
        }
        assert_eq!(add(&mut entries, proof(0, 1)), Ok(()));
        // The proof is the first to expire.
        assert_eq!(add(&mut entries, token(40)), Err(NoSpace::Full));
        entries.remove_expired(1);
        assert_eq!(add(&mut entries, proof(50, 1)), Ok(()));
        assert_eq!(add(&mut entries, proof(51, 2)), Err(NoSpace::Full));
        assert_eq!(add(&mut entries, token(41)), Ok(()));
        assert!(!entries.contains(&[1; 16]) && entries.contains(&[50; 16]));
    }
}
