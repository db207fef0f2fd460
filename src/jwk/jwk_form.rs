//! What is accepted in a JWK beside the form that the RFCs require.
//!
//! Widespread issuers publish keys in forms that are not quite those of RFC 7517 and RFC 7518.
//! Where all readers take them for the same key, they are accepted in sets; `docs/keys.md` has the
//! table. A key that a client sends must have the required form: there, another form of the same
//! key could lead to another thumbprint.

use zeroize::Zeroizing;

use super::SkipReason;
use super::strength::significant;
use crate::encoding::base64url;

/// The forms of a JWK that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JwkForm {
    /// The one that the RFCs require.
    Strict,
    /// Also those of issuers' sets that mean the same key.
    Lenient,
}

impl JwkForm {
    /// Returns whether `use` is one of keys that sign JWTs: `sig` (RFC 7517 §4.2), or the one of
    /// SPIFFE's bundles (SPIFFE Trust Domain and Bundle §4.2.3).
    pub(super) fn is_for_signatures(self, usage: &str) -> bool {
        usage == "sig" || (self == Self::Lenient && usage == "jwt-svid")
    }

    /// Returns the key id. An empty one identifies nothing.
    pub(super) fn key_id(self, key_id: Option<String>) -> Option<String> {
        key_id.filter(|id| self == Self::Strict || !id.is_empty())
    }

    /// Decodes the value of a member of a public key.
    pub(super) fn decode(
        self,
        name: &'static str,
        value: Option<&str>,
    ) -> Result<Zeroizing<Vec<u8>>, SkipReason> {
        let text = value.ok_or(SkipReason::MissingMember(name))?;
        match self {
            Self::Strict => decode(name, text),
            Self::Lenient => decode(name, without_padding(text)),
        }
    }

    /// Returns a coordinate of a point with the length of the curve's field, `len` (RFC 7518
    /// §6.2.1.2). Whether the point is on the curve is checked afterwards.
    pub(super) fn coordinate(self, bytes: &[u8], len: usize) -> Result<Vec<u8>, SkipReason> {
        let significant = match self {
            Self::Strict if bytes.len() == len => bytes,
            Self::Lenient if !bytes.is_empty() => significant(bytes),
            _ => return Err(SkipReason::CoordinateLength),
        };
        let missing = len
            .checked_sub(significant.len())
            .ok_or(SkipReason::CoordinateLength)?;
        Ok([&vec![0; missing], significant].concat())
    }
}

/// Decodes base64url as RFC 7515 §2 requires it.
pub(super) fn decode(name: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, SkipReason> {
    // The decoded bytes are shorter than the text, so the buffer does not grow. Growing would leave
    // a copy of a secret behind that is not wiped.
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let len = base64url::decode_into(text.as_bytes(), &mut bytes)
        .ok_or(SkipReason::InvalidBase64(name))?
        .len();
    bytes.truncate(len);
    Ok(bytes)
}

/// Removes the padding of RFC 4648 §3.2, if it completes a group of four characters.
fn without_padding(text: &str) -> &str {
    if !text.len().is_multiple_of(4) {
        return text;
    }
    let one = text.strip_suffix('=').unwrap_or(text);
    one.strip_suffix('=').unwrap_or(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_padding_that_completes_a_group_is_removed() {
        for (text, expected) in [
            ("QQ==", "QQ"),
            ("QUI=", "QUI"),
            ("QUJD", "QUJD"),
            ("QQ=", "QQ="),
            ("QUI==", "QUI=="),
            ("Q===", "Q="),
            ("QUJD====", "QUJD=="),
            ("", ""),
        ] {
            assert_eq!(without_padding(text), expected, "{text}");
        }
    }

    #[test]
    fn a_coordinate_is_an_integer_in_sets_and_has_the_length_of_the_field_elsewhere() {
        let lenient = |bytes: &[u8]| JwkForm::Lenient.coordinate(bytes, 3);
        assert_eq!(lenient(&[1, 2]).unwrap(), [0, 1, 2]);
        assert_eq!(lenient(&[1, 2, 3]).unwrap(), [1, 2, 3]);
        assert_eq!(lenient(&[0, 0, 1, 2, 3]).unwrap(), [1, 2, 3]);
        for rejected in [&[][..], &[1, 2, 3, 4], &[0, 1, 2, 3, 4]] {
            assert_eq!(lenient(rejected), Err(SkipReason::CoordinateLength));
        }
        let strict = |bytes: &[u8]| JwkForm::Strict.coordinate(bytes, 3);
        assert_eq!(strict(&[0, 1, 2]).unwrap(), [0, 1, 2]);
        for rejected in [&[][..], &[1, 2], &[0, 1, 2, 3]] {
            assert_eq!(strict(rejected), Err(SkipReason::CoordinateLength));
        }
    }
}
