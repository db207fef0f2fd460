//! The buffer that payloads are decoded into: one for each thread, which is reused.

use std::cell::Cell;

use crate::encoding::base64url;

/// A buffer that a long token has grown beyond this is freed.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The decoded payload of a token, followed by the key id of its header: the text that the token's
/// claims will own.
#[derive(Clone, Copy)]
pub(crate) struct DecodedPayload<'b> {
    pub(super) with_key_id: &'b str,
    pub(super) payload: &'b str,
}

/// Lends this thread's buffer. A nested call gets another, empty one.
pub(crate) fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = work(&mut buffer);
    if buffer.capacity() <= MAX_KEPT {
        // Fails while the thread ends: then there is nothing to keep it for.
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}

impl<'b> DecodedPayload<'b> {
    /// Decodes a payload from base64url. Returns `None` if it is not base64url, or not UTF-8.
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
        // The slice is as long as the key id: the buffer was resized for both.
        buffer.get_mut(length..end)?.copy_from_slice(key_id);
        // The key id is UTF-8, so both together are UTF-8 exactly if the payload is.
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
    fn a_payload_is_decoded_and_followed_by_the_key_id() {
        with_buffer(|buffer| {
            let text = DecodedPayload::decode(b"eyJhIjoxfQ", Some("key"), buffer).unwrap();
            assert_eq!(
                (text.payload, text.with_key_id),
                (r#"{"a":1}"#, r#"{"a":1}key"#)
            );
        });
    }

    #[test]
    fn a_payload_that_ends_within_a_character_is_rejected_whatever_follows() {
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
    fn bytes_of_an_earlier_token_are_not_read() {
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
    fn a_large_buffer_is_freed() {
        for large in [Vec::with_capacity(MAX_KEPT + 1), vec![0; MAX_KEPT + 1]] {
            with_buffer(|buffer| *buffer = large);
            assert_eq!(with_buffer(|buffer| buffer.capacity()), 0);
        }
    }

    #[test]
    fn a_nested_call_gets_another_buffer() {
        with_buffer(|outer| {
            outer.push(1);
            with_buffer(|inner| assert!(inner.is_empty()));
        });
    }
}
