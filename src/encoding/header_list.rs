//! Comma-separated lists in header fields (RFC 9110 §5.6.1).

/// Returns the members of a list, without the white space around them.
///
/// A comma inside a quoted string separates nothing, and a backslash there escapes the next byte
/// (RFC 9110 §5.6.4). Works on bytes, so that a member that is not ASCII hides no other.
pub(crate) fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    parts(list, b',')
}

/// Returns the parts of a text between separators of another kind, as [`members`] does.
pub(crate) fn parts(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => return *byte == separator && !quoted,
        }
        false
    })
    .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn a_comma_separates_only_outside_of_quotes() {
        let list = br#" a , b="c,d" ,, e="f\",g",h"#;
        let members: Vec<_> = members(list)
            .map(|member| std::str::from_utf8(member).unwrap())
            .collect();
        assert_eq!(members, ["a", r#"b="c,d""#, "", r#"e="f\",g""#, "h"]);
    }

    #[test]
    fn a_backslash_outside_of_quotes_escapes_nothing() {
        assert_eq!(members(br"a\,b").count(), 2);
    }
}
