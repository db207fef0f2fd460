//! Decoding of payloads, into one buffer for each thread.

use std::cell::Cell;
use std::ops::Range;

use crate::encoding::base64url;

/// The maximum capacity in bytes of a buffer that is reused for the next token. Bounds the memory
/// that one long token leaves allocated for each thread.
const MAX_REUSED_CAPACITY: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The decoded payload of a token, and the same followed by the key id of its header. The latter is
/// the text that the token's [`Claims`](super::Claims) will own.
#[derive(Clone, Copy)]
pub(crate) struct DecodedPayload<'b> {
    pub(super) with_key_id: &'b str,
    pub(super) payload: &'b str,
}

/// Lends this thread's buffer to `work`. A nested call gets another buffer.
///
/// The buffer may contain bytes of earlier tokens.
pub(crate) fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    // Without thread-local storage, which a thread that is ending no longer has, the buffer is a
    // new one.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = work(&mut buffer);
    if buffer.capacity() <= MAX_REUSED_CAPACITY {
        // Without thread-local storage, the buffer is freed.
        let _ = BUFFER.try_with(|cell| cell.set(buffer));
    }
    result
}

/// Decodes a payload from base64url to the start of a buffer, with room for `more` bytes behind it,
/// and returns its length. Returns `None` if it is empty or not base64url.
pub(crate) fn decode_text(payload: &[u8], more: usize, buffer: &mut Vec<u8>) -> Option<usize> {
    // A decoded payload is shorter than an encoded one.
    let room = payload.len().checked_add(more)?;
    if buffer.len() < room {
        buffer.resize(room, 0);
    }
    let len = base64url::decode_into(payload, buffer)?.len();
    (len > 0).then_some(len)
}

/// Returns the length that a valid payload without padding has when it is decoded.
pub(crate) fn len_of(payload: &[u8]) -> Option<usize> {
    Some(payload.len().checked_mul(3)?.div_euclid(4))
}

impl<'b> DecodedPayload<'b> {
    /// Returns a part of the payload, as a range that was found in it.
    pub(crate) fn get(&self, range: Range<usize>) -> &'b str {
        let part = self.payload.get(range);
        debug_assert!(part.is_some(), "the range is one of this payload");
        part.unwrap_or_default()
    }

    /// Returns a payload that was not encoded, without a key id.
    pub(super) const fn of_text(text: &'b str) -> Self {
        Self {
            with_key_id: text,
            payload: text,
        }
    }

    /// Decodes a payload from base64url. Returns `None` if it is empty, not base64url, or not
    /// UTF-8.
    pub(crate) fn decode(
        payload: &[u8],
        key_id: Option<&str>,
        buffer: &'b mut Vec<u8>,
    ) -> Option<Self> {
        let len = decode_text(payload, key_id.map_or(0, str::len), buffer)?;
        Self::with_key_id(len, key_id, buffer)
    }

    /// Returns the payload that [`decode_text`] has decoded, with the key id behind it.
    pub(crate) fn with_key_id(
        len: usize,
        key_id: Option<&str>,
        buffer: &'b mut Vec<u8>,
    ) -> Option<Self> {
        let key_id = key_id.unwrap_or_default().as_bytes();
        let end = len.checked_add(key_id.len())?;
        if buffer.len() < end {
            buffer.resize(end, 0);
        }
        // Does not panic: the range is as long as the key id.
        buffer.get_mut(len..end)?.copy_from_slice(key_id);
        // The key id is UTF-8, so the whole is UTF-8 and can be split where the payload ends if and
        // only if the payload is UTF-8.
        let with_key_id = std::str::from_utf8(buffer.get(..end)?).ok()?;
        Some(Self {
            with_key_id,
            payload: with_key_id.get(..len)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_decoded_and_followed_by_the_key_id() {
        with_buffer(|buffer| {
            let decoded = DecodedPayload::decode(b"eyJhIjoxfQ", Some("key"), buffer).unwrap();
            assert_eq!(
                (decoded.payload, decoded.with_key_id),
                (r#"{"a":1}"#, r#"{"a":1}key"#)
            );
        });
    }

    #[test]
    fn a_payload_that_ends_within_a_character_is_rejected_whatever_the_key_id() {
        // 0xC3 alone. "©" is 0xC2 0xA9, and 0xA9 would complete it.
        let is_rejected =
            |key_id| with_buffer(|buffer| DecodedPayload::decode(b"ww", key_id, buffer).is_none());
        assert!(is_rejected(Some("\u{a9}")));
        assert!(is_rejected(None));
    }

    #[test]
    fn the_bytes_of_an_earlier_token_are_not_read() {
        with_buffer(|buffer| {
            DecodedPayload::decode(b"eyJhIjoxMTExMTExMX0", Some("key"), buffer).unwrap();
            let decoded = DecodedPayload::decode(b"e30", None, buffer).unwrap();
            assert_eq!(decoded.with_key_id, "{}");
        });
    }

    #[test]
    fn a_large_buffer_is_freed() {
        let len = MAX_REUSED_CAPACITY + 1;
        for large in [Vec::with_capacity(len), vec![0; len]] {
            with_buffer(|buffer| *buffer = large);
            assert_eq!(with_buffer(|buffer| buffer.capacity()), 0);
        }
    }

    #[test]
    fn nested_calls_get_separate_buffers() {
        with_buffer(|outer| {
            outer.push(1);
            with_buffer(|inner| assert!(inner.is_empty()));
        });
    }
}
