//! Token sources in words, for developers.

use std::fmt;

use http::header::AUTHORIZATION;

use super::TokenSource;
use super::location::Location;
use super::locations::BEARER;
use super::scheme::DPOP;

/// The name of the query parameter (RFC 6750 §2.3).
const QUERY: &str = "access_token";

impl TokenSource {
    /// Returns the scheme, if the source reads `Authorization` with one.
    pub(crate) fn authorization_scheme(&self) -> Option<&str> {
        match &self.0 {
            Location::Bearer => Some(BEARER),
            Location::Dpop => Some(DPOP),
            Location::Scheme(name, scheme) if *name == AUTHORIZATION => Some(scheme),
            _ => None,
        }
    }

    /// Returns whether the source reads a header that scripts can add to a request of `fetch`, and
    /// not to the handshake of a WebSocket.
    pub(crate) const fn is_of_header(&self) -> bool {
        matches!(
            self.0,
            Location::Bearer | Location::Dpop | Location::Scheme(..) | Location::Header(_)
        )
    }

    /// Returns the name of the method in RFC 6750 §2, as resource metadata has it (RFC 9728 §2).
    /// `None` for the places that RFC 6750 does not define.
    pub(crate) fn bearer_method(&self) -> Option<&'static str> {
        match &self.0 {
            Location::Query(name) if **name == *QUERY => Some("query"),
            _ => self
                .authorization_scheme()
                .filter(|scheme| scheme.eq_ignore_ascii_case(BEARER))
                .map(|_| "header"),
        }
    }

    /// Returns what the source reads, such as `header authorization`.
    pub(crate) const fn description(&self) -> impl fmt::Display + '_ {
        Description(&self.0)
    }
}

struct Description<'s>(&'s Location);

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Location::Bearer => write!(f, "header {AUTHORIZATION}"),
            Location::Dpop => write!(f, "header {AUTHORIZATION} with the scheme {DPOP:?}"),
            Location::Scheme(name, scheme) => write!(f, "header {name} with the scheme {scheme:?}"),
            Location::Header(name) => write!(f, "header {name}"),
            Location::Cookie(name) => write!(f, "cookie {name:?}"),
            Location::CookieScheme(name, scheme) => {
                write!(f, "cookie {name:?} with the scheme {scheme:?}")
            }
            Location::Query(name) => write!(f, "query parameter {name:?}"),
            Location::KubernetesProtocol | Location::BearerProtocol => {
                f.write_str("WebSocket subprotocol")
            }
            Location::Custom(_) => f.write_str("custom source"),
        }
    }
}
