//! Verified and validated claims.

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use triomphe::{Arc, HeaderSlice};

use super::registered::{JsonClaims, OneOrMany, PayloadStr, Registered};
use super::token::Verified;
use super::validate::{Rules, validity};
use crate::algorithm::Algorithm;

/// The claims of a token that passed every check.
///
/// Only the crate makes them, and only from such a token. Derefs to `C`, the type of the claims
/// that are not registered ones: see [`JwtAuthBuilder::claims`](crate::JwtAuthBuilder::claims). The
/// default, [`JsonClaims`], has all claims as JSON. Cheap to clone.
///
/// With feature `axum` it is an extractor. In other frameworks, use
/// [`from_extensions`](Self::from_extensions).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Claims;
///
/// fn greet(request: &http::Request<()>) -> String {
///     match request.extensions().get::<Claims>() {
///         Some(claims) => format!("hello {}", claims.subject().unwrap_or("stranger")),
///         None => "hello".to_owned(),
///     }
/// }
/// # assert_eq!(greet(&http::Request::new(())), "hello");
/// ```
pub struct Claims<C = JsonClaims> {
    /// The payload and the key id follow in the same allocation.
    inner: Arc<HeaderSlice<Inner<C>, str>>,
}

struct Inner<C> {
    registered: Registered,
    expires_at: SystemTime,
    algorithm: Algorithm,
    /// The length of the payload, after which the key id begins.
    payload_len: usize,
    has_key_id: bool,
    token_type: TokenType,
    custom: C,
}

/// The `typ` header of a token (RFC 7515 §4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// The header has no `typ`.
    Unspecified,
    /// `JWT` (RFC 7519 §5.1).
    Jwt,
    /// `at+jwt`: an access token (RFC 9068 §2.1).
    AccessToken,
    /// Another type, which [`token_types`](crate::JwtAuthBuilder::token_types) accepts.
    Other(Box<str>),
}

impl<C> Claims<C> {
    /// Makes claims at the end of validation: the verified token is the proof.
    pub(super) fn new(verified: Verified<'_>, custom: C, expires_at: SystemTime) -> Self {
        let Verified {
            header,
            token_type,
            text,
            registered,
            ..
        } = verified;
        let payload_len = text.payload.len();
        let has_key_id = header.key_id.is_some();
        let algorithm = header.algorithm;
        let inner = Inner {
            registered,
            expires_at,
            algorithm,
            payload_len,
            has_key_id,
            token_type,
            custom,
        };
        Self {
            inner: Arc::from_header_and_str(inner, text.with_key_id),
        }
    }

    fn checked(&self) -> &Inner<C> {
        &self.inner.header
    }

    /// Returns from when on and until when the token passes the checks of its times, as time since
    /// 1970.
    pub(crate) fn validity(&self, rules: &Rules) -> (Duration, Duration) {
        validity(&self.checked().registered, rules)
    }

    fn text<'s>(&'s self, piece: &'s PayloadStr) -> &'s str {
        piece.resolve(self.json())
    }

    fn payload_and_key_id(&self) -> (&str, &str) {
        // `new` took both lengths from the text itself, so this can't panic.
        self.inner.slice.split_at(self.checked().payload_len)
    }

    /// Returns `iss`, the issuer of the token (RFC 7519 §4.1.1): the name of a configured issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.checked()
            .registered
            .iss
            .as_ref()
            .map_or("", |iss| self.text(iss))
    }

    /// Returns `sub`, the subject of the token (RFC 7519 §4.1.2). It is unique only together with
    /// the [issuer](Claims::issuer).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.checked()
            .registered
            .sub
            .as_ref()
            .map(|sub| self.text(sub))
    }

    /// Returns `aud`, the audiences of the token (RFC 7519 §4.1.3). One of them is a configured
    /// audience.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        let audience = self.checked().registered.aud.as_ref();
        audience
            .into_iter()
            .flat_map(OneOrMany::as_slice)
            .map(|aud| self.text(aud))
    }

    /// Returns `exp`, when the token expires (RFC 7519 §4.1.4).
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.checked().expires_at
    }

    /// Returns `iat`, when the token was issued (RFC 7519 §4.1.6).
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.checked()
            .registered
            .iat
            .and_then(|iat| SystemTime::UNIX_EPOCH.checked_add(iat.0))
    }

    /// Returns `nbf`, from when on the token is valid (RFC 7519 §4.1.5).
    #[must_use]
    pub fn not_before(&self) -> Option<SystemTime> {
        self.checked()
            .registered
            .nbf
            .and_then(|nbf| SystemTime::UNIX_EPOCH.checked_add(nbf.0))
    }

    /// Returns `jti`, the id of the token (RFC 7519 §4.1.7).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.checked()
            .registered
            .jti
            .as_ref()
            .map(|jti| self.text(jti))
    }

    /// Returns the scopes that the token grants: `scope` (RFC 8693 §4.2), else `scp`. Each may be a
    /// string, separated by spaces, or an array of strings.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scope = self.checked().registered.scope.as_ref();
        scope
            .into_iter()
            .flat_map(OneOrMany::as_slice)
            .flat_map(|piece| self.text(piece).split(' '))
            .filter(|scope| !scope.is_empty())
    }

    /// Returns whether the token grants `scope`. Scopes are compared case-sensitively (RFC 6749
    /// §3.3).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Returns `kid` of the token's header: the id of the key that signed it.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        let (_, key_id) = self.payload_and_key_id();
        self.checked().has_key_id.then_some(key_id)
    }

    /// Returns the algorithm of the signature.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.checked().algorithm
    }

    /// Returns the type of the token, from its header.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        &self.checked().token_type
    }

    /// Returns the claims of your own type. The same as dereferencing.
    #[must_use]
    pub fn custom(&self) -> &C {
        &self.checked().custom
    }

    /// Returns all claims, as the JSON text that was signed.
    #[must_use]
    pub fn json(&self) -> &str {
        self.payload_and_key_id().0
    }
}

// Written by hand: a derived impl would require `C: Clone`.
impl<C> Clone for Claims<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<C> Deref for Claims<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.checked().custom
    }
}

/// Shows no claim: claims are personal.
impl<C> fmt::Debug for Claims<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("algorithm", &self.checked().algorithm)
            .finish_non_exhaustive()
    }
}
