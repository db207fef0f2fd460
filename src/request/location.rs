//! The locations of a token: which part of a request each reads, and removes.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Request;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, SEC_WEBSOCKET_PROTOCOL};

use super::find::Token;
use super::scheme::{DPOP, DPOP_HEADER, Scheme};
use super::{RequestParts, locations, removal, websocket};
use crate::error::Error;

#[derive(Clone)]
pub(super) enum Location {
    /// `Authorization` with the scheme `Bearer`.
    Bearer,
    /// `Authorization` with the scheme `DPoP`, beside a proof.
    Dpop,
    /// A header with a scheme.
    Scheme(HeaderName, Box<str>),
    Header(HeaderName),
    Cookie(Box<str>),
    /// A cookie with a scheme.
    CookieScheme(Box<str>, Box<str>),
    Query(Box<str>),
    KubernetesProtocol,
    BearerProtocol,
    Custom(Arc<Custom>),
}

pub(super) type Custom = dyn Fn(&RequestParts<'_>) -> Option<String> + Send + Sync;

impl Location {
    pub(super) fn find<'r>(
        &self,
        parts: &RequestParts<'r>,
        max_len: usize,
    ) -> Result<Option<Token<'r>>, Error> {
        let text = match self {
            Self::Bearer => {
                let token = locations::credentials(parts, &AUTHORIZATION, locations::BEARER)?;
                return Ok(token.map(Token::Credentials));
            }
            Self::Dpop => {
                let token = locations::credentials(parts, &AUTHORIZATION, DPOP)?;
                return Ok(token.map(Token::Credentials));
            }
            Self::Scheme(name, scheme) => {
                let token = locations::credentials(parts, name, scheme)?;
                return Ok(token.map(Token::Credentials));
            }
            Self::Header(name) => locations::header(parts, name)?,
            Self::Cookie(name) => locations::cookie(parts, name)?,
            Self::CookieScheme(name, scheme) => locations::cookie_credentials(parts, name, scheme)?,
            Self::Query(name) => locations::query(parts, name)?,
            Self::KubernetesProtocol => websocket::kubernetes_protocol(parts, max_len)?,
            Self::BearerProtocol => websocket::bearer_protocol(parts)?,
            Self::Custom(find) => find(parts).map(Cow::Owned),
        };
        Ok(text.map(Token::Text))
    }

    /// Removes the token from the request, whatever it is.
    pub(super) fn remove<B>(&self, request: &mut Request<B>) {
        match self {
            Self::Bearer => {
                removal::credentials(request.headers_mut(), &AUTHORIZATION, locations::BEARER);
            }
            Self::Dpop => {
                removal::credentials(request.headers_mut(), &AUTHORIZATION, DPOP);
                request.headers_mut().remove(DPOP_HEADER);
            }
            Self::Scheme(name, scheme) => {
                removal::credentials(request.headers_mut(), name, scheme);
            }
            Self::Header(name) => {
                request.headers_mut().remove(name);
            }
            Self::Cookie(name) | Self::CookieScheme(name, _) => {
                removal::cookie(request.headers_mut(), name);
            }
            Self::Query(name) => removal::query(request.uri_mut(), name),
            Self::KubernetesProtocol => removal::kubernetes_protocol(request.headers_mut()),
            Self::BearerProtocol => removal::bearer_protocol(request.headers_mut()),
            Self::Custom(_) => {}
        }
    }

    /// Returns whether the token can be removed: where a function of the user's finds it is
    /// unknown.
    pub(super) const fn is_removable(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }

    /// Returns whether a shared cache could store the response. It stores none to a request with
    /// `Authorization` (RFC 9111 §3.5).
    pub(super) fn needs_private(&self) -> bool {
        match self {
            Self::Bearer | Self::Dpop => false,
            Self::Scheme(name, _) => *name != AUTHORIZATION,
            _ => true,
        }
    }

    /// Returns whether both locations read the same part of a request.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.cookie_name(), other.cookie_name()) {
            return a == b;
        }
        match (self, other) {
            (Self::KubernetesProtocol, Self::KubernetesProtocol)
            | (Self::BearerProtocol, Self::BearerProtocol) => true,
            (Self::Query(a), Self::Query(b)) => a == b,
            (Self::Header(name), part) | (part, Self::Header(name)) => {
                part.parent_header().as_ref() == Some(name)
            }
            _ => match (self.scheme(), other.scheme()) {
                (Some((a, scheme)), Some((b, other))) => {
                    a == b && scheme.eq_ignore_ascii_case(other)
                }
                _ => false,
            },
        }
    }

    /// Returns how a token that it carries is presented.
    pub(super) const fn presented_as(&self) -> Scheme {
        match self {
            Self::Dpop => Scheme::Dpop,
            _ => Scheme::Bearer,
        }
    }

    const fn cookie_name(&self) -> Option<&str> {
        match self {
            Self::Cookie(name) | Self::CookieScheme(name, _) => Some(name),
            _ => None,
        }
    }

    /// Returns the header and the scheme in it.
    fn scheme(&self) -> Option<(&HeaderName, &str)> {
        match self {
            Self::Bearer => Some((&AUTHORIZATION, locations::BEARER)),
            Self::Dpop => Some((&AUTHORIZATION, DPOP)),
            Self::Scheme(name, scheme) => Some((name, scheme)),
            _ => None,
        }
    }

    /// Returns the header that the location is, or is a part of.
    fn parent_header(&self) -> Option<HeaderName> {
        match self {
            Self::Bearer | Self::Dpop => Some(AUTHORIZATION),
            Self::Header(name) | Self::Scheme(name, _) => Some(name.clone()),
            Self::Cookie(_) | Self::CookieScheme(..) => Some(COOKIE),
            Self::KubernetesProtocol | Self::BearerProtocol => Some(SEC_WEBSOCKET_PROTOCOL),
            Self::Query(_) | Self::Custom(_) => None,
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("Authorization"),
            Self::Dpop => f.write_str("Authorization(DPoP)"),
            Self::Scheme(name, scheme) => write!(f, "Header({name:?}, {scheme:?})"),
            Self::Header(name) => write!(f, "Header({name:?})"),
            Self::Cookie(name) => write!(f, "Cookie({name:?})"),
            Self::CookieScheme(name, scheme) => write!(f, "Cookie({name:?}, {scheme:?})"),
            Self::Query(name) => write!(f, "Query({name:?})"),
            Self::KubernetesProtocol => f.write_str("WebSocketProtocol"),
            Self::BearerProtocol => f.write_str("WebSocketBearer"),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}
