//! The keys of clients whose proofs were verified, parsed.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::algorithm::Algorithm;
use crate::jwk::Key;

/// The number of sets, a power of two, and of the keys in each.
const SETS: usize = 1024;
const WAYS: usize = 4;
/// The maximum length of the header of a cached key. That of RSA with 8192 bits is shorter, and
/// that of ML-DSA longer: parsing such a key takes little of the time that its signature takes, and
/// in pure Rust a parsed one has up to 80 KiB. Bounds the memory of the cache: 4096 keys take at
/// most about 16 MB.
const MAX_HEADER_LEN: usize = 2048;

/// A key of a client, as its proofs contain it.
pub(super) struct KnownKey {
    /// The header of the proofs, in base64url. Clients send the same one with every proof.
    pub(super) header: Box<[u8]>,
    /// The thumbprint of the key, in base64url.
    pub(super) thumbprint: Box<str>,
    pub(super) algorithm: Algorithm,
    pub(super) key: Key,
}

/// The keys of clients, found by their thumbprint. Reading takes no lock and allocates nothing.
///
/// A key is added only after its proof was verified, with a valid token that is bound to it. So a
/// client takes one entry for each key that its issuer has bound tokens to. A client that varies
/// its headers replaces its own entry.
pub(super) struct KeyCache {
    /// Its key is random, so that no client can choose keys of one set.
    hash: RandomState,
    sets: Box<[[ArcSwapOption<KnownKey>; WAYS]]>,
}

impl KeyCache {
    pub(super) fn new() -> Self {
        let sets = (0..SETS).map(|_| std::array::from_fn(|_| ArcSwapOption::empty()));
        Self {
            hash: RandomState::new(),
            sets: sets.collect(),
        }
    }

    /// Returns the key of this thumbprint, if the header is the one that it was added with.
    pub(super) fn get(&self, thumbprint: &str, header: &[u8]) -> Option<Arc<KnownKey>> {
        let (_, set) = self.set(thumbprint)?;
        let mut entries = set.iter().map(ArcSwapOption::load);
        let entry = entries.find(|entry| is_of(entry.as_deref(), thumbprint))?;
        let known = entry.as_ref().filter(|known| *known.header == *header)?;
        Some(Arc::clone(known))
    }

    /// Adds a key, in place of one with the same thumbprint, or of any one if the set is full.
    pub(super) fn add(&self, known: &Arc<KnownKey>) {
        if known.header.len() > MAX_HEADER_LEN {
            return;
        }
        let Some((hash, set)) = self.set(&known.thumbprint) else {
            return;
        };
        // Two threads may add keys at the same time. Then one of them is not cached, or is twice;
        // both is harmless.
        let same = set
            .iter()
            .find(|slot| is_of(slot.load().as_deref(), &known.thumbprint));
        let slot = same
            .or_else(|| set.iter().find(|slot| slot.load().is_none()))
            .or_else(|| set.get(hash.checked_rem(WAYS)?));
        if let Some(slot) = slot {
            slot.store(Some(Arc::clone(known)));
        }
    }

    /// Returns the set of a thumbprint, and the part of its hash that did not choose the set.
    fn set(&self, thumbprint: &str) -> Option<(usize, &[ArcSwapOption<KnownKey>; WAYS])> {
        let hash = usize::try_from(self.hash.hash_one(thumbprint) & 0xffff_ffff).ok()?;
        let set = self.sets.get(hash.checked_rem(SETS)?)?;
        Some((hash.checked_div(SETS)?, set))
    }
}

fn is_of(entry: Option<&KnownKey>, thumbprint: &str) -> bool {
    entry.is_some_and(|known| *known.thumbprint == *thumbprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(thumbprint: &str, header: &str) -> Arc<KnownKey> {
        let secret: Vec<u8> = (0..32).collect();
        Arc::new(KnownKey {
            header: header.as_bytes().into(),
            thumbprint: thumbprint.into(),
            algorithm: Algorithm::HS256,
            key: Key::from_secret(Algorithm::HS256, secret).unwrap(),
        })
    }

    fn len(cache: &KeyCache) -> usize {
        let slots = cache.sets.iter().flatten();
        slots.filter(|slot| slot.load().is_some()).count()
    }

    #[test]
    fn a_key_is_found_by_its_thumbprint_and_all_bytes_of_its_header() {
        let cache = KeyCache::new();
        let added = known("a", "header");
        cache.add(&added);
        assert!(Arc::ptr_eq(&cache.get("a", b"header").unwrap(), &added));
        for (thumbprint, header) in [("b", "header"), ("a", "heade"), ("a", "headeR"), ("a", "")] {
            assert!(cache.get(thumbprint, header.as_bytes()).is_none());
        }
    }

    #[test]
    fn a_client_that_varies_its_header_takes_one_entry() {
        let cache = KeyCache::new();
        for header in 0..100 {
            cache.add(&known("a", &header.to_string()));
        }
        assert_eq!(len(&cache), 1);
        assert!(cache.get("a", b"99").is_some() && cache.get("a", b"98").is_none());
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_a_new_key_is_cached() {
        let cache = KeyCache::new();
        for id in 0..20_000 {
            let thumbprint = id.to_string();
            cache.add(&known(&thumbprint, "header"));
            assert!(cache.get(&thumbprint, b"header").is_some());
        }
        assert!(len(&cache) <= SETS * WAYS);
    }

    #[test]
    fn a_header_that_is_too_long_is_not_cached() {
        let cache = KeyCache::new();
        for (len, expected) in [(MAX_HEADER_LEN, true), (MAX_HEADER_LEN + 1, false)] {
            let header = "h".repeat(len);
            cache.add(&known(&len.to_string(), &header));
            assert_eq!(
                cache.get(&len.to_string(), header.as_bytes()).is_some(),
                expected
            );
        }
    }
}
