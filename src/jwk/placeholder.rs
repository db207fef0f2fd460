//! Recognizing secrets that were typed, not generated: placeholders of documentation, sequences and
//! repetitions. RFC 8725 §3.5 forbids such secrets.
//!
//! Reads secrets in place: a copy would not be wiped.

/// The minimum number of bytes that are not predictable. Random bytes in hex or base64, of a length
/// that [`check_secret`](super::strength) accepts, have at least 32 bytes, and practically never
/// lose half of them to the words and sequences below.
const MIN_UNPREDICTABLE: usize = 16;

/// A block that is repeated is at least so long. A shorter one has too few bytes on its own.
const MIN_PERIOD: usize = MIN_UNPREDICTABLE;

/// Four bytes in a row with the same step are a sequence. Three are frequent in random hex.
const MIN_SEQUENCE: usize = 4;

/// The number of bytes that are read.
const MAX_READ: usize = 1024;

/// The words that placeholders consist of, as in `a-string-secret-at-least-256-bits-long`.
const WORDS: &str = "\
    256 384 512 access admin api app asdf auth authentication bit byte change character \
    confidential default demo dev development do-not dummy enough enter environment example fixme \
    foobar for generate hello here hmac hs256 hs384 hs512 insecure insert jwt key least local long \
    minimum must not only pass phrase placeholder please private prod production purposes qwerty \
    random replace sample secret secure server shared sign some string super test that this token \
    use valid value very word your";

/// Returns whether a secret is a placeholder: too few of its first 1024 bytes are more than words,
/// sequences and separators, or they repeat a short block. The bound is for secrets that an issuer
/// publishes, which may be as long as a response.
pub(super) fn is_placeholder(secret: &[u8]) -> bool {
    let secret = secret.get(..MAX_READ).unwrap_or(secret);
    unpredictable_len(secret) < MIN_UNPREDICTABLE
        || (1..MIN_PERIOD).any(|period| has_period(secret, period))
}

/// Returns how many bytes are not predictable, and stops counting when they suffice.
fn unpredictable_len(secret: &[u8]) -> usize {
    let (mut rest, mut count) = (secret, 0_usize);
    while let [first, tail @ ..] = rest
        && count < MIN_UNPREDICTABLE
    {
        let predictable = word_len(rest).max(sequence_len(rest));
        if predictable == 0 && !is_separator(*first) {
            count = count.saturating_add(1);
        }
        rest = rest.get(predictable.max(1)..).unwrap_or(tail);
    }
    count
}

/// Returns the length of the longest word that the text starts with, or 0.
fn word_len(text: &[u8]) -> usize {
    let starts_with = |word: &&str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    let found = WORDS.split(' ').filter(starts_with);
    found.map(str::len).max().unwrap_or(0)
}

/// Returns the length of the sequence that the text starts with, such as `1111`, `1234` or `dcba`,
/// or 0.
fn sequence_len(text: &[u8]) -> usize {
    let steps: [fn(u8, u8) -> bool; 3] = [
        |one, next| one == next,
        |one, next| next.is_ascii_alphanumeric() && one.checked_add(1) == Some(next),
        |one, next| next.is_ascii_alphanumeric() && next.checked_add(1) == Some(one),
    ];
    let len_of = |step: fn(u8, u8) -> bool| {
        let pairs = text.iter().zip(text.iter().skip(1));
        pairs.take_while(|(one, next)| step(**one, **next)).count()
    };
    let longest = steps.into_iter().map(len_of).max().unwrap_or(0);
    let len = longest.saturating_add(1);
    if len < MIN_SEQUENCE { 0 } else { len }
}

const fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'-' | b'_' | b'.')
}

fn has_period(secret: &[u8], period: usize) -> bool {
    secret
        .iter()
        .zip(secret.iter().skip(period))
        .all(|(one, next)| one == next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn random_bytes_in_hex_and_base64_are_no_placeholders(
            hex in "[0-9a-f]{32}",
            alphanumeric in "[0-9A-Za-z]{32}",
            base64 in "[0-9A-Za-z+/_-]{43}",
            printable in "[!-~]{32}",
            bytes in prop::array::uniform32(any::<u8>()),
        ) {
            for text in [hex, alphanumeric, base64, printable] {
                prop_assert!(!is_placeholder(text.as_bytes()), "{text}");
            }
            prop_assert!(!is_placeholder(&bytes));
        }
    }

    #[test]
    fn the_bytes_that_are_left_are_counted() {
        for (secret, expected) in [
            ("", 0),
            ("x", 1),
            ("x-SECRET_x", 2),
            ("signsigning", 3),
            ("123", 3),
            ("1234", 0),
            ("x1234x4321xaaaa", 3),
            ("keykeke", 4),
            ("q7Zp2Xw9Lk4Vt8Bn1", MIN_UNPREDICTABLE),
        ] {
            assert_eq!(unpredictable_len(secret.as_bytes()), expected, "{secret}");
        }
    }
}
