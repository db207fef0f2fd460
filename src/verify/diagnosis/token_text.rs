//! What a text is that may be sent in place of a token.

const PLACEHOLDERS: [&[u8]; 6] = [
    b"",
    b"null",
    b"undefined",
    b"None",
    b"nil",
    b"[object Object]",
];

/// The start of every JWT: `{"` in base64url.
const START_OF_JWT: &[u8] = b"eyJ";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// What a client sends that has no token.
    Placeholder,
    Quoted,
    /// A JSON object, as the response of the issuer.
    Json,
    WithScheme,
    /// A JWT with spaces or line breaks in it.
    Wrapped,
    /// Another text with spaces or line breaks in it.
    WithSpaces,
    Jwt,
    Other,
}

impl Text {
    pub(super) fn of(token: &[u8]) -> Self {
        let has_space = token.iter().any(u8::is_ascii_whitespace);
        let is_jwt = token.starts_with(START_OF_JWT);
        match token {
            _ if PLACEHOLDERS.contains(&token) => Self::Placeholder,
            [b'"' | b'\'', ..] => Self::Quoted,
            [b'{', ..] => Self::Json,
            _ if has_space && has_scheme(token) => Self::WithScheme,
            _ if has_space && is_jwt => Self::Wrapped,
            _ if has_space => Self::WithSpaces,
            _ if is_jwt => Self::Jwt,
            _ => Self::Other,
        }
    }
}

/// Returns whether a text with a space starts with a scheme: `Bearer`, or a word before a JWT.
fn has_scheme(text: &[u8]) -> bool {
    let mut words = text.splitn(2, u8::is_ascii_whitespace);
    let scheme = words.next().unwrap_or_default();
    let rest = words.next().unwrap_or_default().trim_ascii_start();
    let is_word = !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphabetic);
    scheme.eq_ignore_ascii_case(b"Bearer") || is_word && rest.starts_with(START_OF_JWT)
}
