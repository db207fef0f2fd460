//! Text from outside, as errors, logs and the health show it: escaped and cut.

use std::error::Error as StdError;
use std::ops::RangeInclusive;

/// The maximum length of a shown text, in bytes before it is escaped.
const MAX_LEN: usize = 128;
/// The maximum length of the texts of an error and its causes.
const MAX_CAUSES_LEN: usize = 2048;

/// Returns a text in quotes.
pub(super) fn quoted(text: &str) -> String {
    match cut(text, MAX_LEN) {
        Some(start) => format!("{start:?}..."),
        None => format!("{text:?}"),
    }
}

/// Returns the texts of an error and its causes, separated by colons, without the queries of URLs,
/// which may contain a secret: the HTTP client wrote them.
pub(crate) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (**cause).source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    let text: String = without_queries(&text).chars().map(printable).collect();
    match cut(&text, MAX_CAUSES_LEN) {
        Some(start) => format!("{start}..."),
        None => text,
    }
}

/// Removes the query of each URL in a text.
fn without_queries(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    let shown = words.map(|word| match word.split_once('?') {
        Some((url, query)) if url.contains("://") => {
            let ends =
                |character: char| character.is_whitespace() || "\"'`)>]},;".contains(character);
            let rest = query.find(ends).and_then(|end| query.get(end..));
            format!("{url}{}", rest.unwrap_or_default())
        }
        _ => word.to_owned(),
    });
    shown.collect()
}

/// The line ends of Unicode, and characters that change the direction of text or are not seen.
const MARKS: [RangeInclusive<char>; 5] = [
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

/// Replaces what could change how a log is read: line ends, escapes, and the marks that change the
/// direction of text.
fn printable(character: char) -> char {
    let mut marks = MARKS.into_iter();
    if character.is_control() || marks.any(|marks| marks.contains(&character)) {
        '\u{fffd}'
    } else {
        character
    }
}

/// Returns the start of a text, if it is longer than `max` bytes.
fn cut(text: &str, max: usize) -> Option<&str> {
    (text.len() > max).then(|| {
        let ends = text.char_indices().map(|(index, _)| index);
        let end = ends.take_while(|end| *end <= max).last();
        text.get(..end.unwrap_or(0)).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_escaped_and_cut_between_characters() {
        assert_eq!(quoted("a\n\"b"), r#""a\n\"b""#);
        let at_the_bound = "é".repeat(64);
        assert_eq!(quoted(&at_the_bound), format!("{at_the_bound:?}"));
        let longer = format!("a{at_the_bound}");
        assert_eq!(quoted(&longer), format!("\"a{}\"...", "é".repeat(63)));
    }

    #[test]
    fn the_causes_of_an_error_are_on_one_line_and_cut() {
        let error = std::io::Error::other("a\nb\u{1b}[31m");
        assert_eq!(with_causes(&error), "a\u{fffd}b\u{fffd}[31m");
        let error = std::io::Error::other("a\u{2028}b\u{202e}c\u{2066}d\u{feff}");
        assert_eq!(with_causes(&error), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
        let long = with_causes(&std::io::Error::other("x".repeat(3000)));
        assert_eq!(long, format!("{}...", "x".repeat(2048)));
    }

    #[test]
    fn the_queries_of_urls_are_not_shown() {
        for (text, shown) in [
            ("why? no", "why? no"),
            (
                "(https://a.example/k?key=s): reset",
                "(https://a.example/k): reset",
            ),
            (
                "GET \"https://a/?b=c&d=?e\" failed",
                "GET \"https://a/\" failed",
            ),
            ("https://a/?b\nhttps://c/?d", "https://a/\u{fffd}https://c/"),
        ] {
            let error = std::io::Error::other(text);
            assert_eq!(with_causes(&error), shown);
        }
    }
}
