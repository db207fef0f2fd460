//! Recognizing secrets that were typed, not generated: placeholders of documentation, sequences and
//! repetitions. RFC 8725 §3.5 forbids such secrets.
//!
//! Reads secrets in place: a copy would not be wiped.

/// The minimum number of bytes that are not predictable, or half of them if there are fewer than
/// twice as many. Random bytes practically never lose half of them to the words and sequences
/// below, nor does their text in hex or base64.
const MIN_UNPREDICTABLE: usize = 16;

/// Four bytes in a row with the same step are a sequence. Three are frequent in random hex.
const MIN_SEQUENCE: usize = 4;

/// The number of bytes that are read.
const MAX_READ: usize = 1024;

/// The number of bytes that are searched for a [placeholder word](PLACEHOLDER_WORDS): as many as 64
/// random bytes have in hex. More would lead to more random secrets that contain one.
const MAX_SEARCHED: usize = 128;

/// Words that no random secret contains, but for a chance that `check_secret` states. It doubles
/// with each further word of six letters, which is why there is one.
const PLACEHOLDER_WORDS: &str = "\
    secret password passphrase changeme change-me change_me changeit replaceme replace-me \
    replace_me example placeholder insecure letmein";

/// The rows of keyboards, and their columns.
const KEYBOARD: &[u8] =
    b"qwertyuiop asdfghjkl zxcvbnm qwertzuiop azertyuiop 1qaz2wsx3edc4rfv5tgb6yhn7ujm";

/// The words that placeholders consist of, as in `a-string-secret-at-least-256-bits-long`, grouped
/// by their first letter.
const WORDS: [&str; 27] = [
    "256",
    "384",
    "512",
    "access account admin always and api app application are asdf auth authentication",
    "backend bit byte",
    "change character client cloud code company confidential cookie custom",
    "data default demo dev development do-not docker dummy",
    "encryption enough enter env environment example",
    "first fixme foobar for from frontend",
    "generate github google",
    "have hello here hmac hs256 hs384 hs512 http",
    "insecure insert internal is issuer",
    "json jwt",
    "key kubernetes",
    "least local login long",
    "master minimum must my",
    "not",
    "of only our",
    "pass phrase placeholder please private prod production project public purposes",
    "qwerty",
    "random really replace",
    "safe sample secret secure server service session shared sign signature simple some staging \
     string strong super system",
    "temporary test text that the this to token type",
    "use user",
    "valid value verification very",
    "web welcome which with word world",
    "you your",
];

/// Returns whether a secret contains a word that only placeholders contain.
pub(super) fn has_placeholder_word(secret: &[u8]) -> bool {
    let secret = secret.get(..MAX_SEARCHED).unwrap_or(secret);
    let is_start = |window: &[u8], word: &str| {
        let (byte, start) = (window.first(), word.as_bytes().first());
        byte.map(u8::to_ascii_lowercase).as_ref() == start
    };
    PLACEHOLDER_WORDS.split(' ').any(|word| {
        let mut windows = secret.windows(word.len());
        windows.any(|part| is_start(part, word) && part.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Returns whether a secret consists of sequences and separators: too few of its first 1024 bytes
/// are more. The bound is for secrets that an issuer publishes, which may be as long as a response.
pub(super) fn is_sequence(secret: &[u8]) -> bool {
    unpredictable_len(secret, sequence_len) < min_unpredictable(secret)
}

/// Returns whether a secret consists of words, sequences and separators.
pub(super) fn is_placeholder(secret: &[u8]) -> bool {
    let predictable_len = |rest: &[u8]| longest_word(rest).max(sequence_len(rest));
    unpredictable_len(secret, predictable_len) < min_unpredictable(secret)
}

fn min_unpredictable(secret: &[u8]) -> usize {
    MIN_UNPREDICTABLE.min(secret.len().div_euclid(2))
}

/// Returns how many bytes are not predictable, and stops counting when they suffice.
/// `predictable_len` returns how many bytes at the start of a text are.
fn unpredictable_len(secret: &[u8], predictable_len: impl Fn(&[u8]) -> usize) -> usize {
    let secret = secret.get(..MAX_READ).unwrap_or(secret);
    let (mut rest, mut count) = (secret, 0_usize);
    while let [first, tail @ ..] = rest
        && count < MIN_UNPREDICTABLE
    {
        let predictable = predictable_len(rest);
        if predictable == 0 && !is_separator(*first) {
            count = count.saturating_add(1);
        }
        rest = rest.get(predictable.max(1)..).unwrap_or(tail);
    }
    count
}

/// Returns the length of the longest of the [words](WORDS) that the text starts with, or 0.
fn longest_word(text: &[u8]) -> usize {
    let first = text.first().map_or(b' ', u8::to_ascii_lowercase);
    let groups = WORDS
        .iter()
        .filter(|group| group.as_bytes().first() == Some(&first));
    let starts_with = |word: &&str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    let found = groups
        .flat_map(|group| group.split(' '))
        .filter(starts_with);
    found.map(str::len).max().unwrap_or(0)
}

/// Returns the length of the sequence that the text starts with, such as `1111`, `1234`, `dcba` or
/// `qwert`, or 0.
fn sequence_len(text: &[u8]) -> usize {
    let steps: [fn(u8, u8) -> bool; 3] = [
        |one, next| one == next,
        |one, next| next.is_ascii_alphanumeric() && one.checked_add(1) == Some(next),
        |one, next| next.is_ascii_alphanumeric() && next.checked_add(1) == Some(one),
    ];
    let len_of = |step: fn(u8, u8) -> bool| {
        let pairs = text.iter().zip(text.iter().skip(1));
        let steps = pairs.take_while(|(one, next)| step(**one, **next)).count();
        steps.saturating_add(1)
    };
    let longest = steps.into_iter().map(len_of).max().unwrap_or(0);
    let len = longest.max(keyboard_len(text));
    if len < MIN_SEQUENCE { 0 } else { len }
}

/// Returns how many bytes at the start of a text are neighbours on a keyboard, in either direction.
fn keyboard_len(text: &[u8]) -> usize {
    let first = text.first().map_or(b' ', u8::to_ascii_lowercase);
    let runs = memchr::memchr_iter(first, KEYBOARD).map(|start| {
        let right = KEYBOARD.iter().skip(start);
        let left = KEYBOARD.iter().take(start.saturating_add(1)).rev();
        same_len(text, right).max(same_len(text, left))
    });
    runs.max().unwrap_or(0)
}

fn same_len<'k>(text: &[u8], keys: impl Iterator<Item = &'k u8>) -> usize {
    let is_same = |(byte, key): &(&u8, &u8)| byte.eq_ignore_ascii_case(key) && **key != b' ';
    text.iter().zip(keys).take_while(is_same).count()
}

const fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'-' | b'_' | b'.')
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
            ("xqwertyxLKJHx", 3),
            ("qwex1qaz2ws", 4),
            ("qwerpoiuxy", 2),
            ("qwer tyu", 3),
            ("q7Zp2Xw9Lk4Vt8Bn1", MIN_UNPREDICTABLE),
        ] {
            let predictable_len = |rest: &[u8]| longest_word(rest).max(sequence_len(rest));
            let len = unpredictable_len(secret.as_bytes(), predictable_len);
            assert_eq!(len, expected, "{secret}");
        }
    }
}
