//! The keyed hash of an id: what is stored in its place.

use std::hash::Hasher as _;

use siphasher::sip128::{Hash128, Hasher128 as _, SipHasher13};

use super::kind::Kind;
use crate::crypto::random_key;

/// A keyed hash of an issuer and an id, 128 bits. The first number is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest(pub(super) u64, pub(super) u64);

/// The key of the hashes. Random, so that nobody outside the process can find two ids with one hash,
/// and a hash alone tells nothing of its id.
pub(super) struct HashKey([u8; 16]);

/// The hash of the ids of one issuer. An id is unique only for its issuer.
pub(super) struct IssuerHash(SipHasher13);

impl HashKey {
    pub(super) fn random() -> Self {
        let random = random_key();
        let (first, _) = random.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Self(*first)
    }

    /// Hashes the name of an issuer. The result is the key for its ids.
    pub(super) fn issuer(&self, issuer: &str) -> IssuerHash {
        let Hash128 { h1, h2 } = SipHasher13::new_with_key(&self.0).hash(issuer.as_bytes());
        IssuerHash(SipHasher13::new_with_keys(h1, h2))
    }
}

impl IssuerHash {
    pub(super) fn id(&self, kind: Kind, id: &str) -> Digest {
        let mut hasher = self.0;
        hasher.write(id.as_bytes());
        // The kind at the end: no two kinds and ids are the same message.
        hasher.write(&[kind.number()]);
        let Hash128 { h1, h2 } = hasher.finish128();
        // 0 marks an empty slot.
        Digest(h1.max(1), h2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_in_any_part_have_different_digests() {
        let key = HashKey::random();
        let digests = [
            key.issuer("a").id(Kind::Session, "bc"),
            key.issuer("ab").id(Kind::Session, "c"),
            key.issuer("a").id(Kind::Subject, "bc"),
            key.issuer("a").id(Kind::Session, "b"),
            key.issuer("a").id(Kind::Session, ""),
            key.issuer("").id(Kind::Session, "abc"),
            key.issuer("a").id(Kind::Session, "bc\u{4}"),
        ];
        let different: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len());
        assert_eq!(key.issuer("a").id(Kind::Session, "bc"), digests[0]);
    }

    #[test]
    fn each_key_has_its_own_digests() {
        let digest = |key: HashKey| key.issuer("a").id(Kind::Session, "b");
        assert_ne!(digest(HashKey::random()), digest(HashKey::random()));
    }
}
