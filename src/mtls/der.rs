//! The bytes of a certificate: their outermost length, and their hash.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Thumbprint;
use super::flaw::Flaw;
use crate::crypto;

/// The longest certificate that a header may carry, in bytes.
const MAX_LEN: usize = 16 * 1024;

const SEQUENCE: u8 = 0x30;

/// The standard alphabet, with the right padding or none (RFC 8941 §4.2.7).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the thumbprint of a certificate in DER in base64. Nothing but base64 is allowed in it.
pub(super) fn thumbprint_of_base64(text: &[u8]) -> Result<Thumbprint, Flaw> {
    if text.len() > MAX_LEN.div_ceil(3).saturating_mul(4) {
        return Err(TOO_LONG);
    }
    let der = BASE64.decode(text);
    let der = der.map_err(|_| Flaw::Invalid("it is not base64"))?;
    check(&der)?;
    Ok(crypto::sha256(&[&der]))
}

/// Accepts one element in DER and nothing behind it: a sequence, as a certificate is (RFC 5280
/// §4.1), whose length is the exact length of what follows.
fn check(der: &[u8]) -> Result<(), Flaw> {
    if der.len() > MAX_LEN {
        return Err(TOO_LONG);
    }
    match content_len(der) {
        Some((len, content)) if len == content => Ok(()),
        _ => Err(Flaw::Invalid("it is not a certificate in DER")),
    }
}

const TOO_LONG: Flaw = Flaw::Invalid("the certificate is longer than 16 KiB");

/// Returns the length that the sequence says it has, and the one that it has. DER has the shortest
/// form of a length only (X.690 §10.1).
fn content_len(der: &[u8]) -> Option<(usize, usize)> {
    let (len, content) = match der {
        [SEQUENCE, len @ 0..=0x7f, content @ ..]
        | [SEQUENCE, 0x81, len @ 0x80..=0xff, content @ ..] => (u16::from(*len), content),
        [SEQUENCE, 0x82, high @ 1..=0xff, low, content @ ..] => {
            (u16::from_be_bytes([*high, *low]), content)
        }
        _ => return None,
    };
    Some((usize::from(len), content.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence with `len` bytes in it, and the bytes of its length as they are given.
    fn sequence(len_bytes: &[u8], len: usize) -> Vec<u8> {
        [&[SEQUENCE], len_bytes, &vec![0; len]].concat()
    }

    #[test]
    fn a_sequence_of_its_exact_length_in_the_shortest_form_is_accepted() {
        for (len_bytes, len) in [
            (&[0][..], 0),
            (&[0x7f], 0x7f),
            (&[0x81, 0x80], 0x80),
            (&[0x81, 0xff], 0xff),
            (&[0x82, 1, 0], 0x100),
            (&[0x82, 0x3f, 0xfc], MAX_LEN - 4),
        ] {
            assert_eq!(check(&sequence(len_bytes, len)), Ok(()), "{len}");
            let longer = sequence(len_bytes, len + 1);
            assert!(check(&longer).is_err(), "a byte behind {len}");
            let shorter = &longer[..longer.len() - 2];
            assert!(check(shorter).is_err(), "a byte less than {len}");
        }
    }

    #[test]
    fn other_lengths_and_other_elements_are_rejected() {
        for (der, what) in [
            (vec![], "nothing"),
            (vec![SEQUENCE], "no length"),
            (vec![SEQUENCE, 0x81], "no long length"),
            (vec![SEQUENCE, 0x82, 1], "half a length"),
            (
                sequence(&[0x81, 0x7f], 0x7f),
                "a length that is not the shortest",
            ),
            (
                sequence(&[0x82, 0, 0xff], 0xff),
                "a length with a leading zero",
            ),
            (sequence(&[0x83, 0, 1, 0], 0x100), "three bytes of length"),
            (
                [sequence(&[0x80], 4), vec![0, 0]].concat(),
                "the indefinite form",
            ),
            ([&[0x31, 0x7f][..], &[0; 0x7f]].concat(), "a set"),
            ([&[0x04, 0x7f][..], &[0; 0x7f]].concat(), "an octet string"),
        ] {
            let flaw = check(&der).unwrap_err();
            assert_eq!(flaw.reason(), "it is not a certificate in DER", "{what}");
        }
    }

    #[test]
    fn a_certificate_longer_than_16_kib_is_rejected() {
        let der = sequence(&[0x82, 0x3f, 0xfd], MAX_LEN - 3);
        assert_eq!(check(&der), Err(TOO_LONG));
        let text = BASE64.encode(sequence(&[0x82, 0x3f, 0xfc], MAX_LEN - 4));
        assert!(thumbprint_of_base64(text.as_bytes()).is_ok());
        let text = BASE64.encode(vec![0; MAX_LEN + 3]);
        assert_eq!(thumbprint_of_base64(text.as_bytes()), Err(TOO_LONG));
    }
}
