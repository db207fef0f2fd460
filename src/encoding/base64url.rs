//! Strict base64url: no padding, no white space, and zero trailing bits (RFC 7515 §2, RFC 4648 §5).

use base64::Engine as _;
use base64::engine::general_purpose;

/// Uses SIMD instructions if the processor has them, which takes a quarter of the time.
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
))]
static ENGINE: std::sync::LazyLock<base64::engine::simd::Simd> =
    std::sync::LazyLock::new(|| base64::engine::simd::Simd::url_safe(general_purpose::NO_PAD));
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
)))]
static ENGINE: general_purpose::GeneralPurpose = general_purpose::URL_SAFE_NO_PAD;

/// Decodes base64url. Returns `None` for anything else.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

/// Decodes base64url into `buffer` and returns the decoded part of it. Returns `None` for anything
/// else, and if the buffer is too small.
pub(crate) fn decode_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let len = ENGINE.decode_slice(text, buffer).ok()?;
    let decoded = buffer.get(..len);
    debug_assert!(
        decoded.is_some(),
        "the engine returns a length within the buffer"
    );
    decoded
}

/// Returns the length of base64url that decodes to `len` bytes.
pub(crate) const fn encoded_len(len: usize) -> usize {
    len.saturating_mul(4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn simd_and_scalar_decoding_agree_on_every_byte_at_every_index() {
        let text: Vec<u8> = (b'A'..=b'Z')
            .chain(b'a'..=b'z')
            .chain(b'0'..=b'9')
            .chain(*b"-_")
            .cycle()
            .take(150)
            .collect();
        for len in 0..text.len() {
            assert_eq!(
                decode(&text[..len]),
                URL_SAFE_NO_PAD.decode(&text[..len]).ok(),
                "{len} characters"
            );
        }
        for index in 0..text.len() {
            let mut bytes = text.clone();
            for byte in 0..=u8::MAX {
                bytes[index] = byte;
                assert_eq!(
                    decode(&bytes),
                    URL_SAFE_NO_PAD.decode(&bytes).ok(),
                    "{byte} at {index}"
                );
            }
        }
    }

    #[test]
    fn the_longest_signatures_fill_their_buffers() {
        for (encoded, decoded) in [(342, 256), (1366, 1024), (86, 64), (176, 132)] {
            let text = vec![b'A'; encoded];
            assert_eq!(
                decode_into(&text, &mut vec![1; decoded]),
                Some(&*vec![0; decoded])
            );
            assert_eq!(decode_into(&text, &mut vec![1; decoded - 1]), None);
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_rejected_and_nothing_beyond_the_text_is_returned() {
        let text = "QUJD".repeat(50);
        assert_eq!(decode_into(text.as_bytes(), &mut [0; 149]), None);
        for room in [150, 151, 300] {
            let mut buffer = vec![7; room];
            assert_eq!(
                decode_into(text.as_bytes(), &mut buffer),
                Some("ABC".repeat(50).as_bytes())
            );
            assert!(
                buffer[150..].iter().all(|byte| *byte == 7),
                "with room for {room}"
            );
        }
    }
}
