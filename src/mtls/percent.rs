//! Percent-encoding (RFC 3986 §2.1).

use std::borrow::Cow;

use super::flaw::Flaw;

const BROKEN: Flaw = Flaw::Invalid("a percent sign is not followed by two hex digits");

/// Decodes percent-encoded bytes. Everything else stays as it is: a plus is no space, which it is
/// in forms only, and base64 has pluses.
pub(super) fn decode(text: &[u8]) -> Result<Cow<'_, [u8]>, Flaw> {
    let mut parts = text.split(|byte| *byte == b'%');
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    decoded.extend(first);
    for part in parts {
        let ([high, low], rest) = part.split_first_chunk().ok_or(BROKEN)?;
        decoded.push(byte(*high, *low).ok_or(BROKEN)?);
        decoded.extend(rest);
    }
    Ok(Cow::Owned(decoded))
}

/// Returns the byte that two hex digits stand for.
pub(super) fn byte(high: u8, low: u8) -> Option<u8> {
    Some(digit(high)? << 4 | digit(low)?)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_bytes_are_decoded_once_and_others_stay() {
        for (encoded, decoded) in [
            ("", &b""[..]),
            ("a+b/c=", b"a+b/c="),
            ("a%2Bb%2fc%3D", b"a+b/c="),
            ("%0A%20%ff", b"\n \xff"),
            ("%252B", b"%2B"),
            ("a%2B", b"a+"),
        ] {
            assert_eq!(&*decode(encoded.as_bytes()).unwrap(), decoded, "{encoded}");
        }
    }

    #[test]
    fn a_percent_sign_without_two_hex_digits_is_rejected() {
        for broken in ["%", "%2", "a%", "%%", "%2G", "%G2", "%+2", "%2 ", "%20%"] {
            assert_eq!(decode(broken.as_bytes()), Err(BROKEN), "{broken}");
        }
    }

    #[test]
    fn hex_digits_of_both_cases_stand_for_every_byte() {
        for value in 0..=u8::MAX {
            for text in [format!("{value:02x}"), format!("{value:02X}")] {
                let [high, low] = text.as_bytes() else {
                    panic!("{text}")
                };
                assert_eq!(byte(*high, *low), Some(value), "{text}");
            }
        }
    }
}
