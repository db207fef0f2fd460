//! The secret in the content of a file or an environment variable.

use zeroize::Zeroizing;

use crate::jwk::{Secret, SecretEncoding};

/// Returns the secret that a content has, or why it has none.
///
/// One line feed at the end of a text is not part of the secret: editors and `echo` add it. Content
/// that is not UTF-8 is no text, and its last byte is one of the random ones.
pub(super) fn secret_in(
    content: &Zeroizing<Vec<u8>>,
    encoding: SecretEncoding,
) -> Result<Secret, String> {
    // Without a byte order mark, it is UTF-8, too, with a zero byte at each character.
    if is_utf_16(content) {
        return Err("is text in UTF-16: save it in UTF-8".into());
    }
    let secret = match std::str::from_utf8(content) {
        Ok(text) => in_text(text)?.as_bytes(),
        Err(_) => content,
    };
    Secret::decode(secret, encoding).map_err(|error| error.to_string())
}

fn in_text(text: &str) -> Result<&str, String> {
    let problem = if text.is_empty() {
        "is empty"
    } else if text.trim().is_empty() {
        "has white space only"
    } else if text.starts_with('\u{feff}') {
        "starts with a byte order mark: save it without one"
    } else if text.ends_with("\r\n") {
        "ends with CR LF, as on Windows: end the line with LF, or not at all"
    } else {
        return in_line(text.strip_suffix('\n').unwrap_or(text));
    };
    Err(problem.to_owned())
}

/// Rejects white space and quotes around the secret: other programs may remove them, and would then
/// use another secret.
fn in_line(text: &str) -> Result<&str, String> {
    let is_quoted = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    let problem = if text.trim() != text {
        "starts or ends with white space: remove it"
    } else if is_quoted('"') || is_quoted('\'') {
        "is in quotes, which are not removed here (such as those of an env file): remove them"
    } else {
        return Ok(text);
    };
    Err(problem.to_owned())
}

/// Returns whether a content is ASCII in UTF-16, with or without a byte order mark. No random bytes
/// are.
fn is_utf_16(content: &[u8]) -> bool {
    let is_ascii = |text: &[u8], of_pair: fn([u8; 2]) -> u16| {
        let mut units = text.chunks(2).map(|pair| pair.try_into().ok().map(of_pair));
        text.len() > 6 && units.all(|unit| unit.is_some_and(|unit| (1..128).contains(&unit)))
    };
    let little = content.strip_prefix(b"\xff\xfe").unwrap_or(content);
    let big = content.strip_prefix(b"\xfe\xff").unwrap_or(content);
    is_ascii(little, u16::from_le_bytes) || is_ascii(big, u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE_SPACE: &str = "starts or ends with white space: remove it";
    const QUOTES: &str =
        "is in quotes, which are not removed here (such as those of an env file): remove them";

    fn secret(content: &[u8]) -> Result<Secret, String> {
        secret_in(&Zeroizing::new(content.to_vec()), SecretEncoding::Raw)
    }

    #[test]
    fn one_line_feed_at_the_end_of_a_text_is_not_part_of_the_secret() {
        for (content, expected) in [
            (&b"abc"[..], &b"abc"[..]),
            (b"abc\n", b"abc"),
            (b"a bc", b"a bc"),
            (b"\"abc", b"\"abc"),
            (b"'abc\"\n", b"'abc\""),
            (b"\"", b"\""),
            (b"\xff ", b"\xff "),
            (b"\"\xff\"", b"\"\xff\""),
            (b"\xff\n", b"\xff\n"),
            (b"\xff\r\n", b"\xff\r\n"),
            (b"\xff\xfea\0bc", b"\xff\xfea\0bc"),
        ] {
            assert!(
                secret(content).unwrap() == Secret::new(expected),
                "{content:?}"
            );
        }
    }

    #[test]
    fn content_that_no_secret_has_is_rejected_with_the_reason() {
        for (content, expected) in [
            ("", "is empty"),
            ("\n", "has white space only"),
            (" \t\r\n", "has white space only"),
            (
                "\u{feff}abc",
                "starts with a byte order mark: save it without one",
            ),
            (
                "abc\r\n",
                "ends with CR LF, as on Windows: end the line with LF, or not at all",
            ),
            ("abc\n\n", WHITE_SPACE),
            (" abc", WHITE_SPACE),
            ("abc\t\n", WHITE_SPACE),
            ("abc\r", WHITE_SPACE),
            ("\"abc\"", QUOTES),
            ("'abc'\n", QUOTES),
        ] {
            assert_eq!(secret(content.as_bytes()).unwrap_err(), expected);
        }
    }

    // PowerShell's `>` writes it: 15 letters would count as 32 bytes.
    #[test]
    fn text_in_utf_16_is_rejected() {
        for content in [
            &b"\xff\xfea\0b\0c\0\n\0"[..],
            b"\xfe\xff\0a\0b\0c\0\n",
            b"a\0b\0c\0\n\0",
            b"\0a\0b\0c\0\n",
        ] {
            assert_eq!(
                secret(content).unwrap_err(),
                "is text in UTF-16: save it in UTF-8"
            );
        }
    }
}
