//! Where in a request the token is.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL};

use crate::base64url;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;

/// The WebSocket subprotocol that carries a token, as Kubernetes has it.
const PROTOCOL_PREFIX: &[u8] = b"base64url.bearer.authorization.k8s.io.";

/// A place in the request to look for the token. The default is [`TokenSource::authorization`] alone.
///
/// Several can be on at once; a request that uses two of them is refused with 400 (RFC 6750 §2).
///
/// ```
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenSource};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discover("https://login.example.com/", "https://api.example.com"))
///     .token_sources([TokenSource::authorization(), TokenSource::cookie("session")?])
///     .build()
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSource(Place);

#[derive(Clone)]
enum Place {
    Authorization,
    Cookie(Box<str>),
    Header(HeaderName),
    Query(Box<str>),
    WebSocketProtocol,
    Custom(Arc<Custom>),
}

type Custom = dyn Fn(&RequestHead<'_>) -> Option<String> + Send + Sync;

impl TokenSource {
    /// `Authorization: Bearer token` (RFC 6750 §2.1). Other schemes are nobody's token; they are left alone.
    #[must_use]
    pub const fn authorization() -> Self {
        Self(Place::Authorization)
    }

    /// A cookie. Browsers send it with requests that other sites start too: guard against that (`SameSite`, a CSRF
    /// layer).
    ///
    /// # Errors
    /// [`ConfigErrorKind::Contradiction`] if it is no cookie name (RFC 6265 §4.1.1).
    pub fn cookie(name: impl Into<String>) -> Result<Self, ConfigError> {
        let name = name.into();
        // A cookie's name is a token, as a header's is.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(ConfigError::new(
                ConfigErrorKind::Contradiction,
                "not a name that a cookie can have",
            ));
        }
        Ok(Self(Place::Cookie(name.into())))
    }

    /// A header that holds nothing but the token.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self(Place::Header(name))
    }

    /// A query parameter, usually `access_token` (RFC 6750 §2.3). URLs end up in logs and histories: only where nothing
    /// else works. Successful responses get `Cache-Control: private`.
    #[must_use]
    pub fn query(name: impl Into<String>) -> Self {
        Self(Place::Query(name.into().into()))
    }

    /// The subprotocol `base64url.bearer.authorization.k8s.io.<token in base64url>` of a WebSocket handshake, for
    /// browsers, which can't set headers there.
    #[must_use]
    pub const fn websocket_protocol() -> Self {
        Self(Place::WebSocketProtocol)
    }

    /// A place of your own.
    pub fn custom(
        find: impl Fn(&RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Place::Custom(Arc::new(find)))
    }

    fn find<'r>(&self, head: &RequestHead<'r>, longest: usize) -> Result<Option<Token<'r>>, Error> {
        let text = match &self.0 {
            Place::Authorization => return Ok(bearer(head)?.map(Token::Bearer)),
            Place::Cookie(name) => cookie(head, name)?,
            Place::Header(name) => one(head.headers().get_all(name).iter())?
                .map(text)
                .transpose()?,
            Place::Query(name) => query(head, name)?,
            Place::WebSocketProtocol => websocket_protocol(head, longest)?,
            Place::Custom(find) => find(head).map(Cow::Owned),
        };
        Ok(text.map(Token::Text))
    }

    const fn shows_in_url(&self) -> bool {
        matches!(self.0, Place::Query(_))
    }
}

impl Place {
    /// The header that it is a part of.
    const fn header(&self) -> Option<HeaderName> {
        match self {
            Self::Authorization => Some(AUTHORIZATION),
            Self::Cookie(_) => Some(COOKIE),
            Self::WebSocketProtocol => Some(SEC_WEBSOCKET_PROTOCOL),
            Self::Header(_) | Self::Query(_) | Self::Custom(_) => None,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, name) = match &self.0 {
            Place::Authorization => ("Authorization", ""),
            Place::Cookie(name) => ("Cookie", &**name),
            Place::Header(name) => ("Header", name.as_str()),
            Place::Query(name) => ("Query", &**name),
            Place::WebSocketProtocol => ("WebSocketProtocol", ""),
            Place::Custom(_) => ("Custom", ""),
        };
        f.debug_tuple("TokenSource")
            .field(&place)
            .field(&name)
            .finish()
    }
}

/// A token as it was found.
pub(crate) struct Found<'r> {
    pub(crate) token: Token<'r>,
    /// It was in the URL, so the response belongs in no shared cache (RFC 6750 §2.3).
    pub(crate) private: bool,
}

/// A token that was not looked at.
pub(crate) enum Token<'r> {
    /// Of an `Authorization` header.
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

    /// Whether it is two `Authorization` headers that somebody on the way has joined.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self, Self::Bearer(bytes) if is_joined(bytes))
    }
}

/// Looks in every place; a token in one of them is enough, in two it is too much.
pub(crate) fn find_token<'r>(
    sources: &[TokenSource],
    head: &RequestHead<'r>,
    longest: usize,
) -> Result<Option<Found<'r>>, Error> {
    let mut found = None;
    for source in sources {
        if let Some(token) = source.find(head, longest)? {
            if found.is_some() {
                return Err(ErrorKind::InvalidRequest.into());
            }
            found = Some(Found {
                token,
                private: source.shows_in_url(),
            });
        }
    }
    Ok(found)
}

/// Whether a place is there twice, so that every token would be found twice. A whole header is not also a part of it.
pub(crate) fn has_twins(sources: &[TokenSource]) -> bool {
    let twins = |(one, two): (&TokenSource, &TokenSource)| match (&one.0, &two.0) {
        (Place::Authorization, Place::Authorization)
        | (Place::WebSocketProtocol, Place::WebSocketProtocol) => true,
        (Place::Cookie(one), Place::Cookie(two)) | (Place::Query(one), Place::Query(two)) => {
            one == two
        }
        (Place::Header(one), Place::Header(two)) => one == two,
        (Place::Header(name), place) | (place, Place::Header(name)) => {
            place.header().as_ref() == Some(name)
        }
        _ => false,
    };
    let pairs = sources.iter().enumerate().flat_map(|(place, one)| {
        sources
            .iter()
            .skip(place)
            .skip(1)
            .map(move |two| (one, two))
    });
    pairs.into_iter().any(twins)
}

/// The only one, if there is one; two are an invalid request.
fn one<T>(mut values: impl Iterator<Item = T>) -> Result<Option<T>, Error> {
    let first = values.next();
    if values.next().is_some() {
        Err(ErrorKind::InvalidRequest.into())
    } else {
        Ok(first)
    }
}

fn text(value: &HeaderValue) -> Result<Cow<'_, str>, Error> {
    value
        .to_str()
        .map(Cow::Borrowed)
        .map_err(|_| ErrorKind::MalformedToken.into())
}

/// `Bearer`, in any case, one or more spaces, the token (RFC 9110 §11.4, RFC 6750 §2.1).
fn bearer<'r>(head: &RequestHead<'r>) -> Result<Option<&'r [u8]>, Error> {
    const SCHEME: &[u8] = b"Bearer";
    let Some(value) = one(head.headers().get_all(AUTHORIZATION).iter())? else {
        return Ok(None);
    };
    let Some((scheme, rest)) = value.as_bytes().split_at_checked(SCHEME.len()) else {
        return Ok(None);
    };
    // Nearly everybody writes it so, and that is compared at once.
    let is_ours = scheme == SCHEME || scheme.eq_ignore_ascii_case(SCHEME);
    if !is_ours || rest.first().is_some_and(|next| is_token_byte(*next)) {
        return Ok(None);
    }
    let token = trim_spaces(rest);
    if rest.starts_with(b" ") && !token.is_empty() {
        return Ok(Some(token));
    }
    Err(if is_joined(rest) {
        ErrorKind::InvalidRequest.into()
    } else {
        ErrorKind::MalformedToken.into()
    })
}

/// The comma between joined headers (RFC 9110 §5.3) is in no token.
fn is_joined(value: &[u8]) -> bool {
    memchr::memchr(b',', value).is_some()
}

fn trim_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// What a scheme's name is made of (RFC 9110 §5.6.2).
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Cookies may be spread over several headers (RFC 9113 §8.2.3) and quoted (RFC 6265 §4.1.1). Read as bytes: what
/// somebody else put into his cookie must not hide ours.
fn cookie<'r>(head: &RequestHead<'r>, name: &str) -> Result<Option<Cow<'r, str>>, Error> {
    let headers = head
        .headers()
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    let pairs = headers
        .flat_map(|header| header.split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii);
    let values = pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let unquoted = |value: &'r [u8]| {
        value
            .strip_prefix(b"\"")
            .and_then(|value| value.strip_suffix(b"\""))
            .unwrap_or(value)
    };
    // An emptied cookie is how one is deleted.
    one(values)?
        .map(unquoted)
        .filter(|value| !value.is_empty())
        .map(ascii)
        .transpose()
}

fn ascii(value: &[u8]) -> Result<Cow<'_, str>, Error> {
    std::str::from_utf8(value)
        .map(Cow::Borrowed)
        .map_err(|_| ErrorKind::MalformedToken.into())
}

fn query<'r>(head: &RequestHead<'r>, name: &str) -> Result<Option<Cow<'r, str>>, Error> {
    let pairs = form_urlencoded::parse(head.uri().query().unwrap_or_default().as_bytes());
    one(pairs.filter(|(key, _)| key == name).map(|(_, value)| value))
}

fn websocket_protocol<'r>(
    head: &RequestHead<'r>,
    longest: usize,
) -> Result<Option<Cow<'r, str>>, Error> {
    let headers = head
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .map(HeaderValue::as_bytes);
    let protocols = headers
        .flat_map(|header| header.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let encoded = one(protocols.filter_map(|protocol| protocol.strip_prefix(PROTOCOL_PREFIX)))?;
    // Four characters stand for three bytes: what is longer than this is not even decoded.
    if encoded.is_some_and(|encoded| encoded.len() > longest.saturating_mul(4).div_ceil(3)) {
        return Err(ErrorKind::TokenTooLarge.into());
    }
    let decoded = |encoded| String::from_utf8(base64url::decode(encoded)?).ok();
    let token = encoded
        .map(|encoded| decoded(encoded).ok_or(ErrorKind::MalformedToken))
        .transpose()?;
    Ok(token.map(Cow::Owned))
}
