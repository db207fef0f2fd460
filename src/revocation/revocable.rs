//! What of one token is compared with the list.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::hash_key::Digest;
use super::kind::Kind;
use super::token_ids::{BITS, KINDS};
use super::{RevocationState, RevocationWatch, Revocations, TokenIds};

/// The ids of a verified token as the list has them, and the list.
///
/// Made once for each token that is verified: a request with a cached token hashes nothing, and reads
/// none of its claims for this.
pub(crate) struct Revocable {
    list: Revocations,
    issued_at: Option<Duration>,
    /// Which of the digests are those of an id that the token has, as bits.
    has: u8,
    /// In the order of [`KINDS`]. Small, as each request reads them.
    digests: [Digest; 8],
}

impl Revocable {
    pub(super) fn new(list: Revocations, ids: &TokenIds<'_>) -> Self {
        let (has, digests) = list.list().digests(ids);
        Self {
            list,
            issued_at: ids.issued_at,
            has,
            digests,
        }
    }

    /// Returns what watches the token from now on.
    pub(crate) fn watch(self: &Arc<Self>) -> RevocationWatch {
        RevocationWatch::new(Arc::clone(self))
    }

    /// Returns what the list says about the token now, however old the list is.
    pub(super) fn listed_state_now(&self) -> RevocationState {
        let list = self.list.list();
        list.listed_state(self, list.now())
    }

    pub(super) const fn list(&self) -> &Revocations {
        &self.list
    }

    #[inline]
    pub(super) fn digests(&self) -> impl Iterator<Item = (Kind, Digest)> {
        let all = KINDS.into_iter().zip(self.digests);
        all.zip(BITS)
            .filter_map(|(digest, bit)| (self.has & bit != 0).then_some(digest))
    }

    pub(super) const fn issued_at(&self) -> Option<Duration> {
        self.issued_at
    }
}

/// Shows nothing of the token.
impl fmt::Debug for Revocable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocable").finish_non_exhaustive()
    }
}
