//! The encodings of secrets in configurations.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Padding is optional, since tools differ in it, and it changes no byte.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// The encoding of a [`Secret`](crate::Secret) in a file, an environment variable or another text.
///
/// It is never guessed: random text in one encoding is often valid in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// The bytes of the text are the secret. The default.
    #[default]
    Raw,
    /// Base64 (RFC 4648 §4), with or without padding.
    Base64,
    /// Base64url (RFC 4648 §5), with or without padding: the form of `k` in a JWK, and of
    /// [`Secret::to_base64url`](crate::Secret::to_base64url).
    Base64url,
    /// Hexadecimal digits, in upper or lower case.
    Hex,
}

impl SecretEncoding {
    /// Returns the bytes that a text encodes. Allocates once, so that no copy is left behind.
    pub(super) fn decode(self, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Raw => Some(Zeroizing::new(text.to_vec())),
            Self::Base64 => decode_base64(&BASE64, text),
            Self::Base64url => decode_base64(&BASE64URL, text),
            Self::Hex => decode_hex(text),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Hex => "hex",
        }
    }
}

/// The buffer is wiped also if an invalid symbol follows.
fn decode_base64(engine: &GeneralPurpose, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let len = engine.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(len);
    Some(bytes)
}

fn decode_hex(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for pair in text.chunks(2) {
        let &[high, low] = pair else {
            return None;
        };
        bytes.push(digit(high)? << 4 | digit(low)?);
    }
    Some(bytes)
}

fn digit(symbol: u8) -> Option<u8> {
    let digit = char::from(symbol).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: SecretEncoding, text: &str) -> Option<Vec<u8>> {
        encoding.decode(text.as_bytes()).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn each_encoding_has_its_own_alphabet() {
        use SecretEncoding::{Base64, Base64url, Hex, Raw};
        let bytes = Some(vec![0xfb, 0xef, 0xff, 0x00]);
        for (encoding, text, expected) in [
            (Base64, "++//AA==", bytes.clone()),
            (Base64, "++//AA", bytes.clone()),
            (Base64, "--__AA", None),
            (Base64url, "--__AA==", bytes.clone()),
            (Base64url, "--__AA", bytes.clone()),
            (Base64url, "++//AA", None),
            (Base64url, "--__AB", None),
            (Base64url, "--__AA\n", None),
            (Hex, "fbEFff00", bytes),
            (Hex, "fbefff0", None),
            (Hex, "fbefff0g", None),
            (Hex, "fb ef", None),
            (Raw, "++\n", Some(b"++\n".to_vec())),
        ] {
            assert_eq!(decode(encoding, text), expected, "{encoding:?} {text}");
        }
    }
}
