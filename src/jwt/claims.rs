//! Claims that were verified and validated.

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
/// There is no way to make one but to present such a token. Cheap to clone. Derefs to `C`, your type for what the token
/// says beyond the registered claims; the default gives all of it as JSON.
///
/// In axum (feature `axum`) it is an extractor; elsewhere it is in the request's extensions:
///
/// ```
/// use tower_jwt_auth::Claims;
///
/// fn greet(request: &http::Request<()>) -> String {
///     match request.extensions().get::<Claims>() {
///         Some(claims) => format!("hello {}", claims.subject().unwrap_or("stranger")),
///         None => "hello, whoever you are".to_owned(),
///     }
/// }
/// # assert_eq!(greet(&http::Request::new(())), "hello, whoever you are");
/// ```
pub struct Claims<C = JsonClaims> {
    /// With the text in the same allocation: the payload, then the key id.
    inner: Arc<HeaderSlice<Inner<C>, str>>,
}

struct Inner<C> {
    registered: Registered,
    expires_at: SystemTime,
    algorithm: Algorithm,
    /// Where in the text the payload ends.
    payload: usize,
    has_key_id: bool,
    token_type: TokenType,
    custom: C,
}

/// The `typ` header of a token (RFC 7515 §4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// There is no `typ`.
    Unspecified,
    /// `JWT` (RFC 7519 §5.1).
    Jwt,
    /// `at+jwt`: an access token (RFC 9068 §2.1).
    AccessToken,
    /// Another one that was allowed explicitly.
    Other(Box<str>),
}

impl<C> Claims<C> {
    /// Only validation calls this, at its end; the verified token is the proof.
    pub(super) fn new(verified: Verified<'_>, custom: C, expires_at: SystemTime) -> Self {
        let Verified {
            header,
            token_type,
            text,
            registered,
            ..
        } = verified;
        let payload = text.payload.len();
        let has_key_id = header.key_id.is_some();
        let algorithm = header.algorithm;
        let inner = Inner {
            registered,
            expires_at,
            algorithm,
            payload,
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

    /// From when on and until when the token passes the checks of its time, as time since 1970.
    pub(crate) fn validity(&self, rules: &Rules) -> (Duration, Duration) {
        validity(&self.checked().registered, rules)
    }

    fn text<'s>(&'s self, piece: &'s PayloadStr) -> &'s str {
        piece.resolve(self.json())
    }

    /// `iss`: who issued the token; one of the configured issuers.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.checked()
            .registered
            .iss
            .as_ref()
            .map_or("", |iss| self.text(iss))
    }

    /// `sub`: whom the token is about (RFC 7519 §4.1.2). Unique only together with the [issuer](Claims::issuer).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.checked()
            .registered
            .sub
            .as_ref()
            .map(|sub| self.text(sub))
    }

    /// `aud`: whom the token is meant for; one of the configured audiences is among them.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        let audience = self.checked().registered.aud.as_ref();
        audience
            .into_iter()
            .flat_map(OneOrMany::as_slice)
            .map(|aud| self.text(aud))
    }

    /// `exp`: from when on the token is no longer valid. A stream that outlives it should end.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.checked().expires_at
    }

    /// `iat`: when the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.checked()
            .registered
            .iat
            .and_then(|iat| SystemTime::UNIX_EPOCH.checked_add(iat.0))
    }

    /// `nbf`: from when on the token is valid.
    #[must_use]
    pub fn not_before(&self) -> Option<SystemTime> {
        self.checked()
            .registered
            .nbf
            .and_then(|nbf| SystemTime::UNIX_EPOCH.checked_add(nbf.0))
    }

    /// `jti`: the token's own id (RFC 7519 §4.1.7).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.checked()
            .registered
            .jti
            .as_ref()
            .map(|jti| self.text(jti))
    }

    /// What the token grants: `scope` (RFC 8693 §4.2), else `scp`, each as a space-separated string or an array.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scope = self.checked().registered.scope.as_ref();
        scope
            .into_iter()
            .flat_map(OneOrMany::as_slice)
            .flat_map(|piece| self.text(piece).split(' '))
            .filter(|scope| !scope.is_empty())
    }

    /// Whether the token grants `scope`; compared exactly (RFC 6749 §3.3).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// `kid`: which key of the issuer signed, as the token says.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        let key_id = self.inner.slice.get(self.checked().payload..);
        key_id.filter(|_| self.checked().has_key_id)
    }

    /// The algorithm that the token is signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.checked().algorithm
    }

    /// The token's type.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        &self.checked().token_type
    }

    /// All claims as the JSON text that was signed.
    #[must_use]
    pub fn json(&self) -> &str {
        self.inner
            .slice
            .get(..self.checked().payload)
            .unwrap_or_default()
    }
}

// By hand, because a derived one would ask for `C: Clone`.
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

/// Claims are personal: none is shown.
impl<C> fmt::Debug for Claims<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("algorithm", &self.checked().algorithm)
            .finish_non_exhaustive()
    }
}
