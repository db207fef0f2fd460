//! The type of a token.

/// The type of a token: `typ` in its header (RFC 7515 §4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// The header has no `typ`.
    Unspecified,
    /// `JWT` (RFC 7519 §5.1).
    Jwt,
    /// `at+jwt`, an access token (RFC 9068 §2.1).
    AccessToken,
    /// No type is known: the issuer's introspection endpoint has judged the token (RFC 7662).
    Introspected,
    /// Another type, which [`token_types`](crate::JwtAuthBuilder::token_types) allows. Without the
    /// prefix `application/`.
    Other(Box<str>),
}

impl TokenType {
    pub(super) fn of(typ: Option<&str>) -> Self {
        match typ.map(without_prefix) {
            None => Self::Unspecified,
            Some(typ) if typ.eq_ignore_ascii_case("JWT") => Self::Jwt,
            Some(typ) if typ.eq_ignore_ascii_case("at+jwt") => Self::AccessToken,
            Some(typ) => Self::Other(typ.into()),
        }
    }
}

/// Returns whether two `typ` values are the same media type: without regard to case, and to the
/// prefix `application/`, which may be omitted (RFC 7515 §4.1.9).
pub(crate) fn is_same_type(one: &str, two: &str) -> bool {
    without_prefix(one).eq_ignore_ascii_case(without_prefix(two))
}

fn without_prefix(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_without_case_and_prefix() {
        assert!(is_same_type("application/AT+jwt", "at+JWT"));
        assert!(is_same_type("Application/at+jwt", "APPLICATION/at+jwt"));
        assert!(!is_same_type("application/at+jwt", "at+jwt2"));
        assert!(!is_same_type("application/", "application"));
        assert_eq!(TokenType::of(Some("application/JWT")), TokenType::Jwt);
        assert_eq!(
            TokenType::of(Some("application/x")),
            TokenType::Other("x".into())
        );
        assert_eq!(TokenType::of(Some("x")), TokenType::Other("x".into()));
        assert_eq!(TokenType::of(None), TokenType::Unspecified);
    }
}
