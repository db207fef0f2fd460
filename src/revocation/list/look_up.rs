//! Looking up: what a token is compared with.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{List, OVERFLOW, SHARED, flag};
use crate::revocation::hash_key::Digest;
use crate::revocation::kind::{Entry, Kind};
use crate::revocation::table::Table;
use crate::revocation::time::Millis;
use crate::revocation::token_ids::{BITS, KINDS};
use crate::revocation::{Revocable, RevocationState, TokenIds};

impl List {
    /// Returns whether no token needs to be compared.
    #[inline]
    pub(in crate::revocation) fn revokes_nothing(&self) -> bool {
        // Relaxed: a request that comes after `add` has returned reads the flag that it has set.
        self.flags.load(Ordering::Relaxed) == 0
    }

    /// Returns what the list says about a token. `now` is the time since 1970.
    pub(in crate::revocation) fn state(&self, token: &Revocable, now: Duration) -> RevocationState {
        // Relaxed: this flag never changes.
        if self.flags.load(Ordering::Relaxed) & SHARED != 0 {
            return self.shared_state(token, now);
        }
        self.listed_state(token, now)
    }

    /// Returns what a list that others add to says about a token.
    fn shared_state(&self, token: &Revocable, now: Duration) -> RevocationState {
        // Before the look-up: what is up to date now has the entries that make it so.
        let sharing = self.sharing().map(|sharing| (sharing, sharing.phase()));
        match (self.listed_state(token, now), sharing) {
            (RevocationState::NotRevoked, Some((sharing, phase))) if !sharing.accepts(phase) => {
                RevocationState::Stale
            }
            (state, _) => state,
        }
    }

    /// Returns what the list says about a token, however old the list is.
    pub(in crate::revocation) fn listed_state(
        &self,
        token: &Revocable,
        now: Duration,
    ) -> RevocationState {
        // Acquire: pairs with the Release of `add`, so that the entry is there.
        let flags = self.flags.load(Ordering::Acquire);
        let table = self.table.load();
        let issued_at = token.issued_at();
        let mut digests = token.digests();
        let is_listed = |(kind, digest): (Kind, Digest)| {
            flags & flag(kind) != 0 && self.is_in(&table, digest, issued_at, now)
        };
        if digests.any(is_listed) {
            RevocationState::Revoked
        } else {
            self.state_if_unlisted(flags, issued_at, now)
        }
    }

    /// Returns the digests of the ids of a token, and bits that say which it has.
    pub(in crate::revocation) fn digests(&self, ids: &TokenIds<'_>) -> (u8, [Digest; 8]) {
        let issuer = self.key.issuer(ids.issuer);
        let (mut has, mut digests) = (0, [Digest(0, 0); 8]);
        let of_token = KINDS.into_iter().zip(ids.by_kind()).zip(BITS);
        for (((kind, id), bit), digest) in of_token.zip(&mut digests) {
            if let Some(id) = id {
                *digest = issuer.id(kind, id);
                has |= bit;
            }
        }
        (has, digests)
    }

    fn is_in(
        &self,
        table: &Table,
        digest: Digest,
        issued_at: Option<Duration>,
        now: Duration,
    ) -> bool {
        let found = table.get(digest).map(Entry::unpack);
        found.is_some_and(|entry| self.is_in_force(entry, issued_at, now))
    }

    /// Returns what is known of a token that is not in the list.
    fn state_if_unlisted(
        &self,
        flags: u16,
        issued_at: Option<Duration>,
        now: Duration,
    ) -> RevocationState {
        if flags & OVERFLOW != 0 && self.is_in_force(self.not_stored(), issued_at, now) {
            RevocationState::Unknown
        } else {
            RevocationState::NotRevoked
        }
    }

    fn is_in_force(&self, entry: Entry, issued_at: Option<Duration>, now: Duration) -> bool {
        entry.applies_to(issued_at) && now < entry.end(self.max_lifetime()).to_duration()
    }

    /// Returns an entry in place of all that were not stored: which applies to the tokens of all
    /// issuers.
    pub(super) fn not_stored(&self) -> Entry {
        Entry {
            kind: Kind::Issuer,
            // Relaxed: the flag was set after it.
            time: Millis(self.unknown_before.load(Ordering::Relaxed)),
        }
    }
}
