//! The form of a token, which decides whether it may be introspected.

/// Returns whether a token has the form of a signed JWT: three parts of base64url, separated by
/// dots (RFC 7515 §7.1). The parts may be empty or padded: an unsigned token must not be taken for
/// an opaque one.
pub(in crate::verify) fn is_jwt_form(token: &[u8]) -> bool {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    let mut parts = token.split(|byte| *byte == b'.');
    let is_part = |part: &[u8]| part.iter().all(belongs);
    parts.clone().count() == 3 && parts.all(is_part)
}

/// Returns the text of a token that a request can carry: `token68` (RFC 9110 §11.2).
pub(super) fn token68(token: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(token).ok()?;
    let unpadded = text.trim_end_matches('=');
    let belongs = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    (!unpadded.is_empty() && unpadded.bytes().all(belongs)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_of_base64url_are_a_jwt() {
        for token in [
            "a.b.c",
            "eyJhIjoxfQ.eyJ9.c2ln",
            "a.b.",
            "..",
            "a==.b=.c",
            "-._.0",
        ] {
            assert!(is_jwt_form(token.as_bytes()), "{token}");
        }
        for token in [
            "",
            "a",
            "a.b",
            "a.b.c.d",
            "a.b.c.d.e",
            "a.b.c~",
            "a.b+.c",
            "a/.b.c",
            "a.b.é",
        ] {
            assert!(!is_jwt_form(token.as_bytes()), "{token}");
        }
    }

    #[test]
    fn a_token_that_a_header_can_not_carry_has_no_text() {
        for token in ["a", "a.b~c+d/e-f_g", "a==", "mF_9.B5f-4.1JqM"] {
            assert_eq!(token68(token.as_bytes()), Some(token));
        }
        for token in [
            "",
            "=",
            "a=b",
            "a b",
            "a&client_id=x",
            "a\n",
            "a,b",
            "a%20",
            "\"a\"",
            "é",
        ] {
            assert_eq!(token68(token.as_bytes()), None, "{token}");
        }
    }
}
