//! The schemes of access tokens in `Authorization`.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName};

use super::locations::{BEARER, after_scheme, is_joined};

/// The header that carries a DPoP proof (RFC 9449 §4.1).
pub(crate) const DPOP_HEADER: HeaderName = HeaderName::from_static("dpop");

/// The scheme of tokens that are bound to a key of the client (RFC 9449 §7.1).
pub(crate) const DPOP: &str = "DPoP";

/// How a request presents its token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// As a bearer token: with the scheme `Bearer`, or in another place than `Authorization`.
    #[default]
    Bearer,
    /// With the scheme `DPoP`, and a proof.
    Dpop,
}

impl Scheme {
    /// Returns the scheme that the only `Authorization` header of a request has.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let is_dpop = only.is_some_and(|value| {
            let rest = after_scheme(value.as_bytes(), DPOP);
            rest.is_some_and(|rest| !is_joined(rest))
        });
        if is_dpop { Self::Dpop } else { Self::Bearer }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bearer => BEARER,
            Self::Dpop => DPOP,
        }
    }
}
