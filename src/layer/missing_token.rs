//! Why no token was found in a request, for developers.

use std::fmt;

use http::header::AUTHORIZATION;

use crate::error::Error;
use crate::request::{RequestParts, TokenSource};
use crate::trace;

/// The maximum length in bytes of a scheme that is shown. The registered ones are shorter.
const MAX_SCHEME_LEN: usize = 16;

/// Logs where a token was looked for, at debug, and the scheme of `Authorization`.
pub(super) fn log(error: &Error, parts: &RequestParts<'_>, sources: &[TokenSource]) {
    if trace::is_diagnosis_enabled() {
        trace::diagnosed(error, &MissingToken { parts, sources });
    }
}

struct MissingToken<'r> {
    parts: &'r RequestParts<'r>,
    sources: &'r [TokenSource],
}

impl fmt::Display for MissingToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("token: found none")?;
        let mut hint = "";
        if let Some(value) = self.parts.headers().get(AUTHORIZATION) {
            match scheme(value.as_bytes()) {
                Some(scheme) if scheme.eq_ignore_ascii_case("Bearer") => {}
                Some(scheme) => {
                    write!(f, ", and `authorization` with the scheme {scheme:?}")?;
                    hint = " (hint: use the scheme Bearer, or TokenSource::header_with_scheme)";
                }
                None => {
                    f.write_str(", and `authorization` without a scheme")?;
                    hint = " (hint: write Bearer and a space before the token)";
                }
            }
        }
        write!(f, ", expected one in {:?}{hint}", self.sources)
    }
}

/// Returns the first word of credentials, if it can only be a scheme: a token has no space behind it.
fn scheme(value: &[u8]) -> Option<&str> {
    let end = value.iter().position(|byte| *byte == b' ')?;
    let scheme = value
        .get(..end)
        .filter(|scheme| scheme.len() <= MAX_SCHEME_LEN)?;
    let is_word = scheme
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    std::str::from_utf8(scheme).ok().filter(|_| is_word)
}
