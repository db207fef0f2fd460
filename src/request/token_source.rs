//! Token sources.

use std::sync::Arc;

use http::header::HeaderName;

use super::RequestParts;
use super::location::Location;
use crate::config_error::ConfigError;

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
#[derive(Clone, Debug)]
pub struct TokenSource(pub(super) Location);

impl TokenSource {
    /// Reads `Authorization: Bearer <token>` (RFC 6750 §2.1).
    ///
    /// The case of the scheme is ignored. A header with another scheme counts as no token. The
    /// scheme `DPoP` is read if [`dpop`](crate::JwtAuthBuilder::dpop) is set, whatever the sources.
    #[must_use]
    pub const fn authorization() -> Self {
        Self(Location::Bearer)
    }

    /// Reads `Authorization: DPoP <token>` (RFC 9449 §7.1).
    pub(crate) const fn dpop() -> Self {
        Self(Location::Dpop)
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
        Ok(Self(Location::Cookie(cookie_name(name.into())?)))
    }

    /// Reads the cookie `name`, whose value is `<scheme> <token>`, such as `"Bearer …"`. The case
    /// of the scheme is ignored. A value with another scheme counts as no token.
    ///
    /// The note about browsers at [`cookie`](Self::cookie) applies here, too.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `name` is not a cookie name,
    /// or `scheme` is not a scheme of bearer tokens (see
    /// [`header_with_scheme`](Self::header_with_scheme)).
    pub fn cookie_with_scheme(
        name: impl Into<String>,
        scheme: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let (name, scheme) = (cookie_name(name.into())?, bearer_scheme(scheme.into())?);
        Ok(Self(Location::CookieScheme(name, scheme)))
    }

    /// Reads the header `name`, whose whole value is the token, without a scheme.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self(Location::Header(name))
    }

    /// Reads the header `name`, whose value is `<scheme> <token>`: `X-Forwarded-Authorization:
    /// Bearer …` from a gateway, or `Authorization: JWT …` from older clients. The case of the
    /// scheme is ignored. A value with another scheme counts as no token.
    ///
    /// Challenges name the scheme `Bearer` alone.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `scheme` is not a scheme (RFC
    /// 9110 §11.1), or is one whose credentials are no bearer token: `Basic`, `Digest`, `DPoP`,
    /// `GNAP`, `HOBA`, `Mutual`, `Negotiate`, `PoP`.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::HeaderName;
    /// use http::header::AUTHORIZATION;
    /// use tower_jwt_auth::TokenSource;
    ///
    /// # fn sources() -> Result<[TokenSource; 2], tower_jwt_auth::ConfigError> {
    /// let forwarded = HeaderName::from_static("x-forwarded-authorization");
    /// # Ok(
    /// [
    ///     TokenSource::header_with_scheme(forwarded, "Bearer")?,
    ///     TokenSource::header_with_scheme(AUTHORIZATION, "JWT")?,
    /// ]
    /// # )
    /// # }
    /// # assert!(sources().is_ok());
    /// ```
    pub fn header_with_scheme(
        name: HeaderName,
        scheme: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Ok(Self(Location::Scheme(name, bearer_scheme(scheme.into())?)))
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
        Self(Location::KubernetesProtocol)
    }

    /// Reads the subprotocol that follows `bearer` in a WebSocket handshake, or the subprotocol
    /// `bearer.<token>`. In a browser: `new WebSocket(url, ["bearer", token])`.
    ///
    /// The names are compared byte by byte. For the first form, the handler selects `bearer`; for
    /// the second one, a browser must offer another subprotocol, as for
    /// [`websocket_protocol`](Self::websocket_protocol). [`strip_token`] leaves `bearer`, and
    /// removes what follows it.
    ///
    /// [`strip_token`]: crate::JwtAuthBuilder::strip_token
    #[must_use]
    pub const fn websocket_bearer() -> Self {
        Self(Location::BearerProtocol)
    }

    /// Reads the token that `find` returns. `None` counts as no token.
    pub fn custom(
        find: impl Fn(&RequestParts<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Location::Custom(Arc::new(find)))
    }

    /// Returns whether the token can be removed from the request.
    pub(crate) const fn is_removable(&self) -> bool {
        self.0.is_removable()
    }
}

/// Returns the name of a cookie, or an error.
fn cookie_name(name: String) -> Result<Box<str>, ConfigError> {
    if is_token(&name) {
        return Ok(name.into());
    }
    Err(ConfigError::invalid_setting(format!(
        "cookie name {name:?}: must be a cookie name (RFC 6265 section 4.1.1)"
    )))
}

/// Schemes whose credentials are not a bearer token. A token bound to a key must not pass as one.
const OTHER_SCHEMES: [&str; 8] = [
    "Basic",
    "Digest",
    "DPoP",
    "GNAP",
    "HOBA",
    "Mutual",
    "Negotiate",
    "PoP",
];

/// Returns the scheme, or an error.
fn bearer_scheme(scheme: String) -> Result<Box<str>, ConfigError> {
    let is_other = OTHER_SCHEMES
        .iter()
        .any(|other| other.eq_ignore_ascii_case(&scheme));
    if is_token(&scheme) && !is_other {
        return Ok(scheme.into());
    }
    Err(ConfigError::invalid_setting(format!(
        "scheme {scheme:?}: must be a scheme (RFC 9110 section 11.1) of bearer tokens, such as \
         \"Bearer\" or \"JWT\""
    )))
}

/// Returns whether the text is a `token` of RFC 9110 §5.6.2: the grammar of names of headers and
/// cookies, and of schemes.
fn is_token(text: &str) -> bool {
    HeaderName::from_bytes(text.as_bytes()).is_ok()
}
