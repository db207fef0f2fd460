//! Recognizing secrets that are words: passphrases and sentences. RFC 8725 §3.5 forbids passwords
//! that people can memorize as keys.
//!
//! Reads secrets in place: a copy would not be wiped.

/// The minimum number of words.
const MIN_WORDS: usize = 3;
/// The minimum number of letters in a word. One letter alone may be one of random symbols.
const MIN_WORD_LEN: usize = 2;

const PUNCTUATION: &str = "-_.,;:!?'\"()&\u{2019}";

/// Returns whether a secret is a text of words and numbers, with separators between them.
///
/// Each word has letters in lower case, in upper case, or only its first one in upper case, and
/// digits at its end only. At least two thirds of the letters and digits are letters.
///
/// Base64url has two separators among its 64 symbols. 43 random symbols, which are 32 bytes, are
/// such a text with a probability of 1.1·10⁻¹², and 32 symbols with one of 1.6·10⁻⁹. Base64 and hex
/// have no separator.
pub(super) fn are_words(secret: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(secret) else {
        return false;
    };
    let mut count = Count::default();
    text.split(is_separator).all(|part| count.add(part)) && count.is_enough()
}

fn is_separator(symbol: char) -> bool {
    symbol.is_whitespace() || PUNCTUATION.contains(symbol)
}

#[derive(Default)]
struct Count {
    words: usize,
    letters: usize,
    digits: usize,
}

impl Count {
    /// Counts what is between two separators. Returns whether it is a word, a number, or nothing.
    fn add(&mut self, part: &str) -> bool {
        let word = part.trim_end_matches(|symbol: char| symbol.is_ascii_digit());
        let letters = word.chars().count();
        self.letters = self.letters.saturating_add(letters);
        self.digits = self
            .digits
            .saturating_add(part.len().saturating_sub(word.len()));
        if letters >= MIN_WORD_LEN {
            self.words = self.words.saturating_add(1);
        }
        word.chars().all(char::is_alphabetic) && has_case_of_word(word)
    }

    const fn is_enough(&self) -> bool {
        self.words >= MIN_WORDS && self.letters >= self.digits.saturating_mul(2)
    }
}

/// Letters of scripts without cases are in none.
fn has_case_of_word(word: &str) -> bool {
    !word.chars().any(char::is_lowercase) || !word.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_words_is_recognized_and_symbols_that_only_resemble_it_are_not() {
        for (text, expected) in [
            ("correct horse battery staple", true),
            ("correct-horse-battery-staple-0123456789", true),
            ("Correct Horse, BATTERY staple!", true),
            ("it's what we've all agreed upon", true),
            ("les-\u{e9}l\u{e8}ves-\u{e9}tudient", true),
            ("eins2_zwei4_drei8", true),
            ("\u{6b63}\u{786e} \u{9a6c}\u{5339} \u{7535}\u{6c60}", true),
            ("two words", false),
            ("correct horse batTery staple", false),
            ("correct horse b4ttery staple", false),
            ("correct horse battery+staple", false),
            ("a-b-c-d-e-f-g-h", false),
            ("eins22_zwei44_drei88888", false),
            ("fd0b7c3e-e194-4b2f-8d56-a0e7c1b39f42", false),
            ("", false),
        ] {
            assert_eq!(are_words(text.as_bytes()), expected, "{text}");
        }
        assert!(!are_words(b"correct horse battery \xff"));
    }
}
