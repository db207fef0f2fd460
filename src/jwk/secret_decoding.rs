//! The value that a secret encodes, if it is a text in hex or base64.
//!
//! What is guessable is so in every encoding. The copies are wiped.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::SecretEncoding;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Texts that are longer are not decoded. No public key, certificate or passphrase is.
const MAX_LEN: usize = 16 * 1024;

/// Returns each value that a text may encode, with the name of the encoding. Hexadecimal digits are
/// symbols of base64, too. White space is skipped, and both alphabets of base64 are allowed.
pub(super) fn decodings(
    text: &[u8],
) -> impl Iterator<Item = (&'static str, Zeroizing<Vec<u8>>)> + use<> {
    let symbols = symbols_of_base64(text);
    let decode = |symbols: &Zeroizing<Vec<u8>>| {
        let hex = SecretEncoding::Hex.decode(symbols);
        let base64 = BASE64.decode(&**symbols).ok().map(Zeroizing::new);
        [("hex", hex), ("base64", base64)]
    };
    let decoded = symbols.as_ref().map(decode);
    let named = |(name, value): (&'static str, Option<_>)| Some((name, value?));
    decoded.into_iter().flatten().filter_map(named)
}

fn symbols_of_base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let symbols = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let symbols = symbols.map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    });
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if text.len() > MAX_LEN || !symbols.clone().all(is_symbol) {
        return None;
    }
    // Does not grow, which would leave copies that are not wiped.
    let mut copy = Zeroizing::new(Vec::with_capacity(text.len()));
    copy.extend(symbols);
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<(&'static str, Vec<u8>)> {
        let decodings = decodings(text.as_bytes());
        let of = |(name, value): (_, Zeroizing<Vec<u8>>)| (name, value.to_vec());
        decodings.map(of).collect()
    }

    #[test]
    fn a_text_is_decoded_in_each_encoding_that_it_may_be_in() {
        let bytes = vec![0xfb, 0xef, 0xff, 0x00];
        for text in ["++//AA==", "--__AA", "++//AA", "++//\nAA==\n", "++//AB"] {
            assert_eq!(decoded(text), [("base64", bytes.clone())], "{text}");
        }
        let hex = decoded("FBefff00");
        assert_eq!((hex.len(), &hex[0]), (2, &("hex", bytes)));
        for text in ["AAAAA", "a b.c", "\u{e9}t\u{e9}", "==AA"] {
            assert!(decoded(text).is_empty(), "{text}");
        }
        assert!(decoded(&"A".repeat(MAX_LEN + 4)).is_empty());
    }
}
