//! Token sources, and the search for the token of a request.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Request;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, SEC_WEBSOCKET_PROTOCOL};

use super::locations::{self, is_joined};
use super::{RequestParts, removal};
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};

/// A place in the request that may carry the token. Default: [`TokenSource::authorization`] alone.
///
/// Several sources can be set. A request that carries different tokens in two of them is rejected
/// with 400 (RFC 6750 §2). Successful responses to tokens that are not in `Authorization` get
/// `Cache-Control: private`: shared caches could store them (RFC 9111 §3.5).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenSource};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discovery("https://login.example.com/", "https://api.example.com"))
///     .token_sources([TokenSource::authorization(), TokenSource::cookie("session")?])
///     .build()
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSource(Location);

#[derive(Clone)]
enum Location {
    Authorization,
    Cookie(Box<str>),
    Header(HeaderName),
    Query(Box<str>),
    WebSocketProtocol,
    Custom(Arc<Custom>),
}

type Custom = dyn Fn(&RequestParts<'_>) -> Option<String> + Send + Sync;

impl TokenSource {
    /// Reads `Authorization: Bearer <token>` (RFC 6750 §2.1).
    ///
    /// The case of the scheme is ignored. A header with another scheme counts as no token.
    #[must_use]
    pub const fn authorization() -> Self {
        Self(Location::Authorization)
    }

    /// Reads the cookie `name`. An empty value counts as no token.
    ///
    /// Browsers also send cookies with requests that other sites start. Protect the service against
    /// cross-site request forgery: `SameSite` on the cookie, or a CSRF layer.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `name` is not a cookie name
    /// (RFC 6265 §4.1.1).
    pub fn cookie(name: impl Into<String>) -> Result<Self, ConfigError> {
        let name = name.into();
        // Cookie names and header names share one grammar: the `token` of RFC 9110 §5.6.2.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(ConfigError::invalid_setting(format!(
                "cookie name {name:?}: must be a cookie name (RFC 6265 section 4.1.1)"
            )));
        }
        Ok(Self(Location::Cookie(name.into())))
    }

    /// Reads the header `name`, whose whole value is the token, without a scheme.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self(Location::Header(name))
    }

    /// Reads the query parameter `name`, usually `access_token` (RFC 6750 §2.3).
    ///
    /// URLs end up in logs and in browser histories: use this only where no other source works, and
    /// [remove it](crate::JwtAuthBuilder::strip_token) from the request.
    #[must_use]
    pub fn query(name: impl Into<String>) -> Self {
        Self(Location::Query(name.into().into()))
    }

    /// Reads the subprotocol `base64url.bearer.authorization.k8s.io.<token in base64url>` of a
    /// WebSocket handshake.
    ///
    /// Browsers can't set other headers in a handshake. Kubernetes defines this form. A browser
    /// must offer a second subprotocol, for the handler to select: it closes a connection for which
    /// the server selects none of those that it offered.
    #[must_use]
    pub const fn websocket_protocol() -> Self {
        Self(Location::WebSocketProtocol)
    }

    /// Reads the token that `find` returns. `None` counts as no token.
    pub fn custom(
        find: impl Fn(&RequestParts<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Location::Custom(Arc::new(find)))
    }

    fn find<'r>(
        &self,
        parts: &RequestParts<'r>,
        max_len: usize,
    ) -> Result<Option<Token<'r>>, Error> {
        let text = match &self.0 {
            Location::Authorization => return Ok(locations::bearer(parts)?.map(Token::Bearer)),
            Location::Cookie(name) => locations::cookie(parts, name)?,
            Location::Header(name) => locations::header(parts, name)?,
            Location::Query(name) => locations::query(parts, name)?,
            Location::WebSocketProtocol => locations::websocket_protocol(parts, max_len)?,
            Location::Custom(find) => find(parts).map(Cow::Owned),
        };
        Ok(text.map(Token::Text))
    }

    /// Removes the token from the request, whatever it is.
    fn remove<B>(&self, request: &mut Request<B>) {
        match &self.0 {
            Location::Authorization => removal::bearer(request.headers_mut()),
            Location::Cookie(name) => removal::cookie(request.headers_mut(), name),
            Location::Header(name) => {
                request.headers_mut().remove(name);
            }
            Location::Query(name) => removal::query(request.uri_mut(), name),
            Location::WebSocketProtocol => removal::websocket_protocol(request.headers_mut()),
            Location::Custom(_) => {}
        }
    }

    /// Returns whether the token can be removed: where a function of the user's finds it is
    /// unknown.
    pub(crate) const fn is_removable(&self) -> bool {
        !matches!(self.0, Location::Custom(_))
    }

    /// Returns whether a shared cache could store the response. It stores none to a request with
    /// `Authorization` (RFC 9111 §3.5).
    const fn needs_private(&self) -> bool {
        !matches!(self.0, Location::Authorization)
    }
}

impl Location {
    /// Returns the header that the location is a part of.
    const fn parent_header(&self) -> Option<HeaderName> {
        match self {
            Self::Authorization => Some(AUTHORIZATION),
            Self::Cookie(_) => Some(COOKIE),
            Self::WebSocketProtocol => Some(SEC_WEBSOCKET_PROTOCOL),
            Self::Header(_) | Self::Query(_) | Self::Custom(_) => None,
        }
    }

    /// Returns whether both locations read the same part of a request.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Authorization, Self::Authorization)
            | (Self::WebSocketProtocol, Self::WebSocketProtocol) => true,
            (Self::Cookie(a), Self::Cookie(b)) | (Self::Query(a), Self::Query(b)) => a == b,
            (Self::Header(a), Self::Header(b)) => a == b,
            (Self::Header(name), part) | (part, Self::Header(name)) => {
                part.parent_header().as_ref() == Some(name)
            }
            _ => false,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (location, name) = match &self.0 {
            Location::Authorization => ("Authorization", ""),
            Location::Cookie(name) => ("Cookie", &**name),
            Location::Header(name) => ("Header", name.as_str()),
            Location::Query(name) => ("Query", &**name),
            Location::WebSocketProtocol => ("WebSocketProtocol", ""),
            Location::Custom(_) => ("Custom", ""),
        };
        f.debug_tuple("TokenSource")
            .field(&location)
            .field(&name)
            .finish()
    }
}

/// The token of a request, not yet checked.
pub(crate) struct FoundToken<'r> {
    pub(crate) token: Token<'r>,
    /// The response must become private: a shared cache could store it.
    pub(crate) needs_private: bool,
}

/// The text of a token, not yet checked.
pub(crate) enum Token<'r> {
    /// From an `Authorization` header.
    Bearer(&'r [u8]),
    Text(Cow<'r, str>),
}

impl Token<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bearer(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// Returns whether it comes from two `Authorization` headers that a proxy has joined.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self, Self::Bearer(bytes) if is_joined(bytes))
    }
}

/// Returns the only token of the request, or `None`. Two different tokens are an invalid request.
pub(crate) fn find_token<'r>(
    sources: &[TokenSource],
    parts: &RequestParts<'r>,
    max_len: usize,
) -> Result<Option<FoundToken<'r>>, Error> {
    let mut found: Option<FoundToken<'r>> = None;
    for source in sources {
        let Some(token) = source.find(parts, max_len)? else {
            continue;
        };
        let needs_private = source.needs_private();
        match &mut found {
            None => {
                found = Some(FoundToken {
                    token,
                    needs_private,
                });
            }
            Some(same) if same.token.as_bytes() == token.as_bytes() => {
                same.needs_private |= needs_private;
            }
            Some(_) => return Err(ErrorKind::InvalidRequest.into()),
        }
    }
    Ok(found)
}

/// Removes the tokens in all sources.
pub(crate) fn remove_tokens<B>(sources: &[TokenSource], request: &mut Request<B>) {
    for source in sources {
        source.remove(request);
    }
}

/// Returns whether two sources read the same part of a request: one of them is superfluous, or
/// reads it in another form.
pub(crate) fn has_duplicates(sources: &[TokenSource]) -> bool {
    let mut rest = sources;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| first.0.overlaps(&other.0)) {
            return true;
        }
        rest = others;
    }
    false
}
