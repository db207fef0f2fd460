//! The minimum strength of secrets.
//!
//! Reads secrets in place: a copy would not be wiped.

use super::SkipReason;
use super::key_text::{is_key_text, is_public_key, is_token};
use super::placeholder::{has_placeholder_word, is_placeholder, is_sequence};
use super::secret_decoding::decodings;
use super::secret_words::are_words;
use crate::algorithm::Algorithm;

/// The minimum number of distinct byte values in a secret. 32 random bytes practically never have
/// fewer; typed placeholders do.
const MIN_DISTINCT_BYTES: usize = 8;

/// The maximum length of a secret in bytes. A longer one is not stronger, and most likely the
/// content of the wrong file.
pub(crate) const MAX_SECRET_LEN: usize = 64 * 1024;

/// Returns the minimum length in bytes of a secret for HMAC: that of the hash's output (RFC 7518
/// §3.2). `None` for other algorithms.
pub(super) const fn min_secret_len(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::HS256 => Some(32),
        Algorithm::HS384 => Some(48),
        Algorithm::HS512 => Some(64),
        _ => None,
    }
}

/// Rejects a secret that is too short or guessable, also if it is so in hex or base64.
///
/// A random one, raw or in hex, base64 or base64url, is rejected in less than one of a million
/// cases. By far the most frequent reason is that base64 spells `secret`, in any case: 86 symbols
/// do with a probability of 81 · (2/64)⁶, one in 13 million. The next one is that 32 symbols, which
/// are only 24 bytes, are words: one in 600 million.
pub(crate) fn check_secret(secret: &[u8], min_len: usize) -> Result<(), SkipReason> {
    check_len(secret, min_len)?;
    check_value(secret, min_len)?;
    for (encoding, value) in decodings(secret) {
        check_value(&value, min_len).map_err(|reason| SkipReason::SecretEncodesWeakValue {
            encoding,
            reason: Box::new(reason),
        })?;
    }
    Ok(())
}

/// Rejects a guessable value.
fn check_value(secret: &[u8], min_len: usize) -> Result<(), SkipReason> {
    let distinct = (0..=u8::MAX).filter(|byte| secret.contains(byte)).count();
    if is_key_text(secret) {
        Err(SkipReason::SecretIsKeyFile)
    } else if is_token(secret) {
        Err(SkipReason::SecretIsToken)
    } else if is_public_key(secret) {
        Err(SkipReason::SecretIsPublicKey)
    } else if distinct < MIN_DISTINCT_BYTES {
        Err(SkipReason::SecretNotRandom)
    } else if (1..min_len).any(|period| has_period(secret, period)) {
        Err(SkipReason::SecretRepeats)
    } else if has_placeholder_word(secret) || are_words(secret) {
        Err(SkipReason::SecretIsPlaceholder)
    } else if is_sequence(secret) {
        Err(SkipReason::SecretIsSequence)
    } else if is_placeholder(secret) {
        Err(SkipReason::SecretIsPlaceholder)
    } else {
        Ok(())
    }
}

fn check_len(secret: &[u8], min_len: usize) -> Result<(), SkipReason> {
    if secret.len() > MAX_SECRET_LEN {
        return Err(SkipReason::SecretTooLong);
    }
    // HMAC pads with zeros, so those at the end add nothing. Up to three occur by chance.
    let padding = secret
        .rsplit(|byte| *byte != 0)
        .next()
        .map_or(0, <[u8]>::len);
    let padding = if padding > 3 { padding } else { 0 };
    if secret.len() < min_len.saturating_add(padding) {
        return Err(SkipReason::SecretTooShort { min: min_len });
    }
    Ok(())
}

/// Returns whether a secret is a block that is repeated at least once as a whole: it is only as
/// strong as the block.
fn has_period(secret: &[u8], period: usize) -> bool {
    secret.len() >= period.saturating_mul(2)
        && secret
            .iter()
            .zip(secret.iter().skip(period))
            .all(|(one, next)| one == next)
}

/// Returns the encoding in which a text is fewer than `min_len` bytes. If the text was encoded so,
/// it is only as strong as these bytes.
pub(super) fn weaker_encoding(secret: &[u8], min_len: usize) -> Option<&'static str> {
    let is_hex = secret.iter().all(u8::is_ascii_hexdigit) && secret.len().is_multiple_of(2);
    if is_hex {
        return (secret.len().div_euclid(2) < min_len).then_some("hex");
    }
    let end = secret.iter().rposition(|byte| *byte != b'=');
    let symbols = secret.get(..end?.saturating_add(1))?;
    let padding = secret.len().saturating_sub(symbols.len());
    let is_symbol =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let is_base64 = padding <= 2 && symbols.len() % 4 != 1 && symbols.iter().all(is_symbol);
    let len = symbols.len().saturating_mul(3).div_euclid(4);
    (is_base64 && len < min_len).then_some("base64")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;
    use crate::crypto::sha256;

    /// Returns bytes that are random to the check, and the same in each run.
    fn random(seed: u32) -> [u8; 64] {
        let half = |part: u8| sha256(&[b"a secret", &seed.to_be_bytes(), &[part]]);
        [half(0), half(1)].concat().try_into().unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.map(|digit| char::from_digit(digit.into(), 16).unwrap());
        digits.collect()
    }

    // 150,000 values: 25,000 in each of four encodings, and short ones in two. Not random, so that
    // the test does not fail once in a hundred runs.
    #[test]
    fn random_secrets_are_accepted_in_every_encoding() {
        for seed in 0..25_000 {
            let min_len = [32, 48, 64][usize::try_from(seed % 3).unwrap()];
            let secret = &random(seed)[..min_len];
            let texts = [
                hex(secret),
                STANDARD.encode(secret),
                URL_SAFE_NO_PAD.encode(secret),
            ];
            assert_eq!(check_secret(secret, min_len), Ok(()), "{seed}");
            for text in texts {
                assert_eq!(check_secret(text.as_bytes(), min_len), Ok(()), "{text}");
                assert_eq!(weaker_encoding(text.as_bytes(), min_len), None, "{text}");
            }
            // As few symbols as are accepted: a text of 24 bytes, or of 16 in hex.
            for text in [URL_SAFE_NO_PAD.encode(&secret[..24]), hex(&secret[..16])] {
                assert_eq!(check_secret(text.as_bytes(), 32), Ok(()), "{text}");
            }
        }
    }

    #[test]
    fn a_block_that_is_repeated_must_itself_be_long_enough() {
        let secret = random(0);
        for (period, expected) in [
            (16, Err(SkipReason::SecretRepeats)),
            (31, Err(SkipReason::SecretRepeats)),
            (32, Ok(())),
        ] {
            let repeated: Vec<u8> = secret[..period].iter().copied().cycle().take(64).collect();
            assert_eq!(check_secret(&repeated, 32), expected, "{period}");
        }
    }

    #[test]
    fn a_text_that_encodes_too_few_bytes_is_noticed() {
        let secret = random(0);
        for (text, expected) in [
            (hex(&secret[..31]), Some("hex")),
            (hex(&secret[..32]), None),
            (URL_SAFE_NO_PAD.encode(&secret[..31]), Some("base64")),
            (STANDARD.encode(&secret[..31]), Some("base64")),
            (STANDARD.encode(&secret[..32]), None),
            ("no base64, since it has punctuation".into(), None),
            ("A".repeat(33), None),
            ("=".repeat(40), None),
        ] {
            assert_eq!(weaker_encoding(text.as_bytes(), 32), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_has_at_most_64_kib() {
        let secret: Vec<u8> = (0..1025).flat_map(random).collect();
        assert_eq!(check_secret(&secret[..MAX_SECRET_LEN], 32), Ok(()));
        let longer = &secret[..=MAX_SECRET_LEN];
        assert_eq!(check_secret(longer, 32), Err(SkipReason::SecretTooLong));
    }
}
