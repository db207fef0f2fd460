//! The header_cache of tokens that keys of one set have signed, recognised by their bytes: an issuer writes the same few over
//! and over.

use std::sync::OnceLock;

use crate::algorithm::Algorithm;

/// What matters of a token's header (RFC 7515 §4.1).
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<Box<str>>,
    pub(crate) typ: Option<Box<str>>,
}

/// How many are kept: two or three for each key that signs at a time, with room for more.
const MAX_HEADERS: usize = 16;
/// Longer ones hold something that differs from token to token, such as a certificate.
const MAX_HEADER_LEN: usize = 1024;

/// Entered only after a token with that header was verified, so that strangers can't fill it. Reading takes no lock, and
/// nothing is ever replaced: a new key set starts with none.
#[derive(Debug, Default)]
pub(crate) struct HeaderCache(Box<[OnceLock<Known>; MAX_HEADERS]>);

#[derive(Debug)]
struct Known {
    encoded: Box<[u8]>,
    header: Header,
}

impl HeaderCache {
    /// What is known of a header that is encoded as this, if it was met before.
    pub(crate) fn get(&self, encoded: &[u8]) -> Option<&Header> {
        let mut met = self.0.iter().map_while(OnceLock::get);
        met.find(|known| *known.encoded == *encoded)
            .map(|known| &known.header)
    }

    pub(crate) fn add(&self, encoded: &[u8], header: &Header) {
        if encoded.len() > MAX_HEADER_LEN || self.get(encoded).is_some() {
            return;
        }
        let known = Known {
            encoded: encoded.into(),
            header: header.clone(),
        };
        // Two threads may enter the same one at once: that costs a place, no more.
        let _ = self.0.iter().try_fold(known, |known, place| {
            place.set(known).map_or_else(Ok, |()| Err(()))
        });
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
        }
    }

    #[test]
    fn a_header_is_recognised_by_all_of_its_bytes() {
        let known = HeaderCache::default();
        known.add(b"abc", &header("1"));
        known.add(b"abd", &header("2"));
        assert_eq!(known.get(b"abd").unwrap().key_id.as_deref(), Some("2"));
        assert!(
            known.get(b"ab").is_none() && known.get(b"abcd").is_none() && known.get(b"").is_none()
        );
    }

    #[test]
    fn more_headers_than_there_is_room_for_change_nothing() {
        let known = HeaderCache::default();
        for id in 0..100 {
            known.add(id.to_string().as_bytes(), &header(&id.to_string()));
            known.add(id.to_string().as_bytes(), &header("again"));
        }
        assert!(
            (0..MAX_HEADERS).all(|id| known.get(id.to_string().as_bytes()).unwrap().key_id
                == header(&id.to_string()).key_id)
        );
        assert!(known.get(MAX_HEADERS.to_string().as_bytes()).is_none());
    }

    #[test]
    fn a_long_header_is_not_kept() {
        let known = HeaderCache::default();
        known.add("x".repeat(MAX_HEADER_LEN + 1).as_bytes(), &header("1"));
        assert!(
            known
                .get("x".repeat(MAX_HEADER_LEN + 1).as_bytes())
                .is_none()
        );
    }
}
