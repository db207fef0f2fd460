//! Where payloads are decoded: one buffer a thread, used again and again.

use std::cell::Cell;

use crate::encoding::base64url;

/// A buffer that a longer token made larger than this is not kept.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The decoded payload of a token, and after it the key id of its header: the text that the token's claims will own.
#[derive(Clone, Copy)]
pub(crate) struct DecodedPayload<'b> {
    pub(super) with_key_id: &'b str,
    pub(super) payload: &'b str,
}

/// Lends this thread's buffer. Whoever is lent it within `work` gets another, empty one.
pub(crate) fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = work(&mut buffer);
    if buffer.capacity() <= MAX_KEPT {
        // While a thread ends there is none to give it back to.
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}

impl<'b> DecodedPayload<'b> {
    /// Decodes a payload from base64url; it must be UTF-8.
    pub(crate) fn decode(
        payload: &[u8],
        key_id: Option<&str>,
        buffer: &'b mut Vec<u8>,
    ) -> Option<Self> {
        let key_id = key_id.unwrap_or_default().as_bytes();
        let room = payload.len().saturating_add(key_id.len());
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        let length = base64url::decode_into(payload, buffer)?.len();
        let end = length.saturating_add(key_id.len());
        // As long as the key id, or there is no such part.
        buffer.get_mut(length..end)?.copy_from_slice(key_id);
        // A key id is text, so that both are exactly if the payload is.
        let with_key_id = std::str::from_utf8(buffer.get(..end)?).ok()?;
        Some(Self {
            with_key_id,
            payload: with_key_id.get(..length)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_decoded_and_the_key_id_follows() {
        with_buffer(|buffer| {
            let text = DecodedPayload::decode(b"eyJhIjoxfQ", Some("key"), buffer).unwrap();
            assert_eq!(
                (text.payload, text.with_key_id),
                (r#"{"a":1}"#, r#"{"a":1}key"#)
            );
        });
    }

    #[test]
    fn a_payload_that_ends_within_a_character_is_refused_whatever_follows() {
        // 0xC3 alone; "©" starts with 0xC2 and ends with 0xA9, which would complete it.
        assert!(with_buffer(|buffer| DecodedPayload::decode(
            b"ww",
            Some("\u{a9}"),
            buffer
        )
        .is_none()));
        assert!(with_buffer(|buffer| DecodedPayload::decode(
            b"ww", None, buffer
        )
        .is_none()));
    }

    #[test]
    fn what_an_earlier_token_left_is_not_read() {
        with_buffer(|buffer| {
            DecodedPayload::decode(b"eyJhIjoxMTExMTExMX0", Some("key"), buffer).unwrap();
            assert_eq!(
                DecodedPayload::decode(b"e30", None, buffer)
                    .unwrap()
                    .with_key_id,
                "{}"
            );
        });
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        for large in [Vec::with_capacity(MAX_KEPT + 1), vec![0; MAX_KEPT + 1]] {
            with_buffer(|buffer| *buffer = large);
            assert_eq!(with_buffer(|buffer| buffer.capacity()), 0);
        }
    }

    #[test]
    fn a_buffer_within_a_buffer_is_another_one() {
        with_buffer(|outer| {
            outer.push(1);
            with_buffer(|inner| assert!(inner.is_empty()));
        });
    }
}
