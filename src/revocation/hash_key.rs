//! The hash of an id: what is stored in its place.

use siphasher::sip128::{Hash128, SipHasher13};

use super::kind::Kind;
use crate::crypto::{random_key, sha256};

/// The start of what is hashed for a store. Ends in NUL, so that no hash for another purpose has the
/// same message.
const LABEL: &[u8] = b"tower-jwt-auth: revocation\0";

/// A hash of a kind, an issuer and an id: 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest(pub(super) u64, pub(super) u64);

/// How ids are hashed.
pub(super) enum HashKey {
    /// With `SipHash` and a random key, so that two ids with one hash can't be found outside the
    /// process, and a hash alone tells nothing of its id.
    Random(Box<RandomKey>),
    /// With SHA-256, so that all processes compute the same.
    Shared,
}

pub(super) struct RandomKey {
    issuers: [u8; 16],
    /// By the number of the kind. Independent of each other.
    kinds: [(u64, u64); 8],
}

/// What is hashed before the ids of an issuer. An id is unique only for its issuer.
pub(super) enum IssuerHash<'k> {
    Random { key: &'k RandomKey, issuer: Hash128 },
    Shared { issuer: &'k str },
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
        Self::Random(Box::new(RandomKey { issuers, kinds }))
    }

    /// Hashes the name of an issuer.
    #[inline]
    pub(super) fn issuer<'k>(&'k self, issuer: &'k str) -> IssuerHash<'k> {
        match self {
            Self::Random(key) => {
                let hasher = SipHasher13::new_with_key(&key.issuers);
                let issuer = hasher.hash(issuer.as_bytes());
                IssuerHash::Random { key, issuer }
            }
            Self::Shared => IssuerHash::Shared { issuer },
        }
    }
}

impl IssuerHash<'_> {
    /// Hashes an id, with a key or a start that no other kind and issuer have.
    #[inline]
    pub(super) fn id(&self, kind: Kind, id: &str) -> Digest {
        match self {
            Self::Random { key, issuer } => key.id(*issuer, kind, id),
            Self::Shared { issuer } => shared_id(issuer, kind, id),
        }
    }
}

impl RandomKey {
    #[inline]
    fn id(&self, Hash128 { h1, h2 }: Hash128, kind: Kind, id: &str) -> Digest {
        let of_kind = self.kinds.get(usize::from(kind.number()));
        let (one, two) = of_kind.copied().unwrap_or_default();
        let hasher = SipHasher13::new_with_keys(h1 ^ one, h2 ^ two);
        let Hash128 { h1, h2 } = hasher.hash(id.as_bytes());
        Digest(h1, h2)
    }
}

/// Returns the first half of the SHA-256 of the label, the number of the kind, the length of the
/// issuer (8 bytes, big-endian), the issuer and the id: no two ids are the same message.
fn shared_id(issuer: &str, kind: Kind, id: &str) -> Digest {
    let len = u64::try_from(issuer.len()).unwrap_or(u64::MAX);
    let hash = sha256(&[
        LABEL,
        &[kind.number()],
        &len.to_be_bytes(),
        issuer.as_bytes(),
        id.as_bytes(),
    ]);
    let (half, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    Digest::from_bytes(*half)
}

impl Digest {
    pub(super) fn to_bytes(self) -> [u8; 16] {
        let both = u128::from(self.0) << 64 | u128::from(self.1);
        both.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        let (first, second) = bytes.split_at(8);
        let half = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap_or_default());
        Self(half(first), half(second))
    }

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
        for key in [HashKey::random(), HashKey::Shared] {
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
    }

    #[test]
    fn each_random_key_has_its_own_digests() {
        let digest = |key: HashKey| key.issuer("a").id(Kind::Session, "b");
        assert_ne!(digest(HashKey::random()), digest(HashKey::random()));
    }

    // Instances of other versions share lists, so these must never change.
    #[test]
    fn the_digests_of_a_shared_list_are_the_same_in_every_version() {
        let issuer = HashKey::Shared;
        let digest = issuer.issuer("iss").id(Kind::Session, "sid");
        let message = b"tower-jwt-auth: revocation\0\x04\0\0\0\0\0\0\0\x03isssid";
        assert_eq!(digest.to_bytes(), sha256(&[message])[..16]);
        assert_eq!(Digest::from_bytes(digest.to_bytes()), digest);
    }
}
