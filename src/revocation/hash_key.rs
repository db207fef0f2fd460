//! The keyed hash of an id: what is stored in its place.

use siphasher::sip128::{Hash128, SipHasher13};

use super::kind::Kind;
use crate::crypto::random_key;

/// A keyed hash of a kind, an issuer and an id: 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest(pub(super) u64, pub(super) u64);

/// The key of the hashes. Random, so that two ids with one hash can't be found outside the process,
/// and a hash alone tells nothing of its id.
pub(super) struct HashKey {
    issuers: [u8; 16],
    /// By the number of the kind. Independent of each other.
    kinds: [(u64, u64); 8],
}

/// The hash of the name of an issuer. An id is unique only for its issuer.
pub(super) struct IssuerHash<'k> {
    key: &'k HashKey,
    issuer: Hash128,
}

impl HashKey {
    pub(super) fn random() -> Self {
        let random = random_key();
        let (first, _) = random.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let of_kinds = SipHasher13::new_with_key(first);
        let mut kinds = [(0, 0); 8];
        for (number, kind) in (0..8_u8).zip(&mut kinds) {
            let Hash128 { h1, h2 } = of_kinds.hash(&[number]);
            *kind = (h1, h2);
        }
        let Hash128 { h1, h2 } = of_kinds.hash(b"issuers");
        let mut issuers = [0; 16];
        let bytes = h1.to_le_bytes().into_iter().chain(h2.to_le_bytes());
        issuers
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        Self { issuers, kinds }
    }

    /// Hashes the name of an issuer.
    #[inline]
    pub(super) fn issuer(&self, issuer: &str) -> IssuerHash<'_> {
        let hasher = SipHasher13::new_with_key(&self.issuers);
        IssuerHash {
            key: self,
            issuer: hasher.hash(issuer.as_bytes()),
        }
    }
}

impl IssuerHash<'_> {
    /// Hashes an id, with a key that no other kind and issuer have.
    #[inline]
    pub(super) fn id(&self, kind: Kind, id: &str) -> Digest {
        let Hash128 { h1, h2 } = self.issuer;
        let of_kind = self.key.kinds.get(usize::from(kind.number()));
        let (one, two) = of_kind.copied().unwrap_or_default();
        let hasher = SipHasher13::new_with_keys(h1 ^ one, h2 ^ two);
        let Hash128 { h1, h2 } = hasher.hash(id.as_bytes());
        Digest(h1, h2)
    }
}

impl Digest {
    /// Returns a byte of the digest that is not 0.
    #[inline]
    pub(super) const fn tag(self) -> u8 {
        let [tag, ..] = self.0.to_be_bytes();
        tag | 1
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
