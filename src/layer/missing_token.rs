//! Why no token was found in a request, or more than one, for developers.

use std::fmt;

use http::header::AUTHORIZATION;

use super::browser;
use crate::error::{Error, ErrorKind};
use crate::request::{BEARER, DPOP, RequestParts, TokenSource};
use crate::trace;

/// The schemes that are shown. Any other word may be a part of a secret.
const KNOWN_SCHEMES: [&str; 10] = [
    "ApiKey",
    "Basic",
    "Bearer",
    "Digest",
    "DPoP",
    "JWT",
    "Key",
    "Negotiate",
    "PoP",
    "Token",
];

/// Logs where a token was looked for, at debug, and the scheme of `Authorization`.
pub(super) fn log(error: &Error, missing: &MissingToken<'_>) {
    if trace::is_diagnosis_enabled() {
        trace::diagnosed(error, missing);
    }
}

/// Logs why the token of a request could not be read, at debug.
pub(super) fn log_invalid(error: &Error) {
    if trace::is_diagnosis_enabled() {
        trace::diagnosed(error, &invalid(error.kind()));
    }
}

const fn invalid(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest => {
            "token: found more than one, expected one (hint: a client or a proxy has added another)"
        }
        ErrorKind::TokenTooLarge => {
            "token: found more bytes than max_token_len, expected at most that many"
        }
        _ => {
            "token: found none after the scheme, or different ones in cookies of one name; expected the \
             scheme, a space and one token (hint: have the client wait until it has a token)"
        }
    }
}

/// A request without a token, and where it was looked for.
pub(super) struct MissingToken<'r> {
    pub(super) parts: &'r RequestParts<'r>,
    pub(super) sources: &'r [TokenSource],
    /// Whether only tokens with the scheme `DPoP` are accepted.
    pub(super) requires_dpop: bool,
}

/// What `Authorization` begins with.
enum Scheme {
    Known(&'static str),
    Other,
    None,
}

impl Scheme {
    /// Reads the first word of credentials.
    fn of(value: &[u8]) -> Self {
        let Some(end) = value.iter().position(|byte| *byte == b' ') else {
            return Self::None;
        };
        let word = value.get(..end).unwrap_or_default();
        let mut known = KNOWN_SCHEMES.into_iter();
        let known = known.find(|known| known.as_bytes().eq_ignore_ascii_case(word));
        known.map_or(Self::Other, Self::Known)
    }

    /// Returns what to do if a source reads the scheme `expected`, and found none.
    fn write_hint(&self, expected: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Where it is set, the scheme is read. It is no scheme of bearer tokens.
            Self::Known(DPOP) => f.write_str(" (hint: set JwtAuthBuilder::dpop)"),
            Self::None => write!(f, " (hint: write {expected} and a space before the token)"),
            Self::Known(scheme)
                if TokenSource::header_with_scheme(AUTHORIZATION, *scheme).is_err() =>
            {
                write!(f, " (hint: use the scheme {expected})")
            }
            Self::Known(_) | Self::Other => write!(
                f,
                " (hint: use the scheme {expected}, or TokenSource::header_with_scheme)"
            ),
        }
    }
}

fn reads(source: &TokenSource, scheme: &str) -> bool {
    source.authorization_scheme() == Some(scheme)
}

impl<'r> MissingToken<'r> {
    /// Returns the sources whose tokens may be accepted.
    fn accepted(&self) -> impl Iterator<Item = &'r TokenSource> + use<'r> {
        let requires_dpop = self.requires_dpop;
        let sources = self.sources.iter();
        sources.filter(move |source| !requires_dpop || reads(source, DPOP))
    }

    /// Writes where a token was expected. The two schemes of `Authorization` are one place.
    fn write_expected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |scheme| self.accepted().any(|source| reads(source, scheme));
        let has_both = has(BEARER) && has(DPOP);
        let places = self.accepted();
        let places = places.filter(|source| !(has_both && reads(source, DPOP)));
        for (index, source) in places.enumerate() {
            let before = if index == 0 { ", expected in" } else { " or" };
            if has_both && reads(source, BEARER) {
                write!(
                    f,
                    "{before} header {AUTHORIZATION} with the scheme {BEARER:?} or {DPOP:?}"
                )?;
            } else {
                write!(f, "{before} {}", source.description())?;
            }
        }
        Ok(())
    }
}

impl MissingToken<'_> {
    /// Writes what to do if a browser adds no token to such a request.
    fn write_browser_hint(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if browser::is_preflight(self.parts) {
            return f.write_str(
                " (hint: this is a CORS preflight, which has no token; put the CORS layer above \
                 this one)",
            );
        }
        let reads_headers_only = self.accepted().all(TokenSource::is_of_header);
        if !(reads_headers_only && browser::is_websocket(self.parts)) {
            return Ok(());
        }
        f.write_str(" (hint: scripts can't set this header for a WebSocket; ")?;
        f.write_str(if self.requires_dpop {
            "protect its route with a layer without DPoP, and with TokenSource::websocket_bearer)"
        } else {
            "add TokenSource::websocket_bearer)"
        })
    }
}

impl fmt::Display for MissingToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("token: none found")?;
        let value = self.parts.headers().get(AUTHORIZATION);
        let scheme = value.map(|value| Scheme::of(value.as_bytes()));
        match &scheme {
            None => {}
            Some(Scheme::Known(scheme)) => {
                write!(f, " (header authorization has the scheme {scheme:?})")?;
            }
            Some(Scheme::Other) => f.write_str(" (header authorization has another scheme)")?,
            Some(Scheme::None) => f.write_str(" (header authorization has no scheme)")?,
        }
        self.write_expected(f)?;
        let mut expected = self
            .accepted()
            .filter_map(TokenSource::authorization_scheme);
        match (scheme, expected.next()) {
            (Some(scheme), Some(expected)) => scheme.write_hint(expected, f),
            (None, _) => self.write_browser_hint(f),
            (Some(_), None) => Ok(()),
        }
    }
}
