//! Finding one member of an object without reading the rest of it.

use std::ops::Range;

/// Returns where the text of a string member of an object is, without its quotes. Reads no further
/// than its end, so that most tokens of a flood need not be read as a whole.
///
/// Returns `None` if there is no such member, if its value is not a string, or if its name or value
/// contains an escape. If `text` turns out to be one object whose names are distinct, the range is
/// that of the member: values inside other members are skipped.
pub(crate) fn find_text(text: &str, name: &str) -> Option<Range<usize>> {
    let mut scan = Scan {
        text: text.as_bytes(),
        at: 0,
    };
    scan.punctuation(b'{')?;
    loop {
        let key = scan.string()?;
        scan.punctuation(b':')?;
        scan.skip_space();
        if text.get(key) == Some(name) {
            return scan
                .string()
                .filter(|value| !has_escape(text, value.clone()));
        }
        scan.skip_value()?;
        scan.punctuation(b',')?;
    }
}

fn has_escape(text: &str, range: Range<usize>) -> bool {
    text.get(range)
        .is_none_or(|text| memchr::memchr(b'\\', text.as_bytes()).is_some())
}

/// The position in a text. Offsets are below its length, so their sums don't overflow.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.skip(1);
        }
    }

    fn punctuation(&mut self, expected: u8) -> Option<()> {
        self.skip_space();
        (self.peek()? == expected).then(|| self.skip(1))
    }

    /// Reads a string and returns where its text is.
    fn string(&mut self) -> Option<Range<usize>> {
        self.punctuation(b'"')?;
        let start = self.at;
        loop {
            let rest = self.text.get(self.at..)?;
            self.skip(memchr::memchr2(b'"', b'\\', rest)?);
            if self.peek()? == b'"' {
                let end = self.at;
                self.skip(1);
                return Some(start..end);
            }
            // An escape of more characters than these has no further quote or backslash.
            self.skip(2);
        }
    }

    /// Skips a value of any type. Not recursive: depth is only counted.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth = depth.saturating_add(1);
                    self.skip(1);
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.skip(1);
                }
                _ => self.skip(1),
            }
            // The end of a scalar is where the next comma or bracket is.
            if depth == 0 && matches!(self.next_after_space()?, b',' | b'}') {
                return Some(());
            }
        }
    }

    fn next_after_space(&mut self) -> Option<u8> {
        self.skip_space();
        self.peek()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find_text(text, "iss").and_then(|range| text.get(range))
    }

    #[test]
    fn a_member_is_found_wherever_it_is() {
        for text in [
            r#"{"iss":"a"}"#,
            r#" { "iss" : "a" , "#,
            r#"{"x":1,"iss":"a"}"#,
            r#"{"x":-1.5e3 , "y":true,"z":null,"iss":"a"}"#,
            r#"{"x":"\"iss\":\"b\"","iss":"a"}"#,
            r#"{"x":"\\","iss":"a"}"#,
            r#"{"iss\\":"b","iss":"a"}"#,
            r#"{"act":{"iss":"b","x":[{"iss":"c"}]},"iss":"a"}"#,
            r#"{"x":[],"y":{},"z":[[],{}],"iss":"a"}"#,
            r#"{"x":["]","}"],"iss":"a"}"#,
            "{\"x\":\"\u{e9}\",\n\t\"iss\":\r\"a\"}",
        ] {
            assert_eq!(found(text), Some("a"), "{text}");
        }
        assert_eq!(found(r#"{"iss":""}"#), Some(""));
        assert_eq!(found("{\"iss\":\"\u{e9}\"}"), Some("\u{e9}"));
    }

    #[test]
    fn a_member_is_not_found_elsewhere_or_with_escapes() {
        for text in [
            "",
            "{}",
            "[]",
            r#"["iss","a"]"#,
            r#"{"act":{"iss":"b"}}"#,
            r#"{"x":"iss","y":"a"}"#,
            r#"{"\u0069ss":"a"}"#,
            r#"{"iss":"\u0061"}"#,
            r#"{"iss":1}"#,
            r#"{"iss":["a"]}"#,
            r#"{"iss":{"iss":"a"}}"#,
            r#"{"iss":"a"#,
            r#"{"iss":"a\"#,
            r#"{"x":[}"iss":"a"}"#,
            r#"{"x"]:1,"iss":"a"}"#,
            r#"{"x":1}{"iss":"a"}"#,
            r#""iss":"a""#,
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn deep_values_do_not_overflow_the_stack() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(found(&format!(r#"{{"x":{deep},"iss":"a"}}"#)), Some("a"));
    }
}
