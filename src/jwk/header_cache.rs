//! The headers of verified tokens, recognized by their bytes.
//!
//! An issuer signs all of its tokens with a few headers. Those need not be parsed for every token.

use std::sync::{Arc, OnceLock};

use crate::algorithm::Algorithm;

/// The members of a token's header that verification depends on (RFC 7515 §4.1).
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<Box<str>>,
    pub(crate) typ: Option<Box<str>>,
    /// Whether it has more members than the smallest limit of a layer. Then it is not cached:
    /// layers with other limits share the cache.
    pub(crate) has_many_members: bool,
}

/// The maximum number of headers: an issuer uses two or three for each key that it signs with.
const MAX_HEADERS: usize = 16;
/// The maximum length in bytes of a header in base64url. Longer ones are rare, and are parsed for
/// every token. Bounds the memory of the cache.
const MAX_HEADER_LEN: usize = 1024;

/// The headers of tokens that were verified with one key set.
///
/// A header is added only after a token with it was verified, so forged tokens can't fill the
/// cache. Reading takes no lock. Nothing is evicted: a new key set starts with an empty cache.
/// Clones share the entries, as clones of a key set share its keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderCache(Arc<[OnceLock<Entry>; MAX_HEADERS]>);

#[derive(Debug)]
struct Entry {
    encoded: Box<[u8]>,
    header: Header,
}

impl HeaderCache {
    /// Returns the header that is encoded as these bytes, if it is cached.
    pub(crate) fn get(&self, encoded: &[u8]) -> Option<&Header> {
        let mut entries = self.0.iter().map_while(OnceLock::get);
        entries
            .find(|entry| *entry.encoded == *encoded)
            .map(|entry| &entry.header)
    }

    /// Adds a header, unless it is cached, has many members, is too long, or the cache is full.
    pub(crate) fn add(&self, encoded: &[u8], header: &Header) {
        if header.has_many_members || encoded.len() > MAX_HEADER_LEN || self.get(encoded).is_some()
        {
            return;
        }
        let mut entry = Entry {
            encoded: encoded.into(),
            header: header.clone(),
        };
        // Two threads may add the same header at the same time. That uses two slots and has no
        // other effect.
        for slot in self.0.iter() {
            match slot.set(entry) {
                Ok(()) => return,
                Err(rejected) => entry = rejected,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(key_id: &str) -> Header {
        Header {
            algorithm: Algorithm::ES256,
            key_id: Some(key_id.into()),
            typ: None,
            has_many_members: false,
        }
    }

    #[test]
    fn a_header_is_recognized_by_all_of_its_bytes() {
        let cache = HeaderCache::default();
        cache.add(b"abc", &header("1"));
        cache.add(b"abd", &header("2"));
        assert_eq!(cache.get(b"abd").unwrap().key_id.as_deref(), Some("2"));
        assert!(
            cache.get(b"ab").is_none() && cache.get(b"abcd").is_none() && cache.get(b"").is_none()
        );
    }

    #[test]
    fn a_full_cache_keeps_its_entries_and_takes_no_others() {
        let cache = HeaderCache::default();
        for id in 0..100 {
            cache.add(id.to_string().as_bytes(), &header(&id.to_string()));
            cache.add(id.to_string().as_bytes(), &header("again"));
        }
        assert!(
            (0..MAX_HEADERS).all(|id| cache.get(id.to_string().as_bytes()).unwrap().key_id
                == header(&id.to_string()).key_id)
        );
        assert!(cache.get(MAX_HEADERS.to_string().as_bytes()).is_none());
    }

    #[test]
    fn a_header_that_is_too_long_is_not_cached() {
        let cache = HeaderCache::default();
        let max_len = "x".repeat(MAX_HEADER_LEN);
        let too_long = "x".repeat(MAX_HEADER_LEN + 1);
        cache.add(max_len.as_bytes(), &header("1"));
        cache.add(too_long.as_bytes(), &header("2"));
        assert!(cache.get(max_len.as_bytes()).is_some());
        assert!(cache.get(too_long.as_bytes()).is_none());
    }

    #[test]
    fn clones_share_their_entries() {
        let cache = HeaderCache::default();
        cache.clone().add(b"abc", &header("1"));
        assert!(cache.get(b"abc").is_some());
    }
}
