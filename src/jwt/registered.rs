//! The registered claims of a token, as ranges of its payload, and the default claims type.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::claim_value::{Claim, Value};
use super::duplicate_names::JsonStr;
use super::numeric_date::NumericDate;

/// A string of the payload: its range, or a copy where it has escapes.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum PayloadStr {
    At(Range<usize>),
    Copy(Box<str>),
}

impl PayloadStr {
    fn of(text: &JsonStr<'_>, payload: &str) -> Self {
        match &text.0 {
            Cow::Owned(copy) => Self::Copy(copy.as_str().into()),
            Cow::Borrowed(text) => {
                // A borrowed text is a slice of the payload, so it starts within it.
                let start = text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr());
                Self::At(start..start.saturating_add(text.len()))
            }
        }
    }

    pub(super) fn resolve<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::At(range) => {
                let text = payload.get(range.clone());
                debug_assert!(text.is_some(), "the range is of another payload");
                text.unwrap_or_default()
            }
            Self::Copy(copy) => copy,
        }
    }
}

/// A string or an array of strings: `aud` (RFC 7519 §4.1.3), `scope`, `scp`.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// The registered claims (RFC 7519 §4.1) and the scopes. Strings are ranges of the payload that
/// they were read from.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Registered {
    pub(super) iss: Option<PayloadStr>,
    pub(super) sub: Option<PayloadStr>,
    pub(super) aud: Option<OneOrMany<PayloadStr>>,
    pub(super) exp: Option<NumericDate>,
    pub(super) nbf: Option<NumericDate>,
    pub(super) iat: Option<NumericDate>,
    pub(super) jti: Option<PayloadStr>,
    /// Whether `client_id` is present and a string (RFC 8693 §4.3).
    pub(super) has_client_id: bool,
    pub(super) scope: Option<OneOrMany<PayloadStr>>,
}

impl Registered {
    /// Returns whether `iss` is this issuer, compared byte by byte.
    pub(super) fn is_of(&self, issuer: &str, payload: &str) -> bool {
        self.iss
            .as_ref()
            .is_some_and(|iss| iss.resolve(payload) == issuer)
    }

    /// Stores a claim. Its value is of a type that the claim can have.
    #[inline]
    pub(super) fn note(&mut self, claim: Claim, value: &Value<'_>, payload: &str) {
        match claim {
            Claim::Iss => self.iss = value.as_text().map(|text| PayloadStr::of(text, payload)),
            Claim::Sub => self.sub = value.as_text().map(|text| PayloadStr::of(text, payload)),
            Claim::Jti => self.jti = value.as_text().map(|text| PayloadStr::of(text, payload)),
            Claim::Exp => self.exp = value.as_date(),
            Claim::Nbf => self.nbf = value.as_date(),
            Claim::Iat => self.iat = value.as_date(),
            Claim::Aud => self.aud = pieces(value, payload),
            Claim::ClientId => self.has_client_id = value.as_text().is_some(),
            // A scope of another type grants nothing. That does not make the token invalid: it may
            // need no scope.
            Claim::Scope => self.scope = pieces(value, payload).or(self.scope.take()),
            Claim::Scp => self.scope = self.scope.take().or_else(|| pieces(value, payload)),
        }
    }
}

fn pieces(value: &Value<'_>, payload: &str) -> Option<OneOrMany<PayloadStr>> {
    let piece = |text: &JsonStr<'_>| PayloadStr::of(text, payload);
    match value {
        Value::Text(text) => Some(OneOrMany::One(piece(text))),
        Value::Texts(texts) => Some(OneOrMany::Many(texts.iter().map(piece).collect())),
        _ => None,
    }
}

/// All claims of a token as JSON. The default for `C` in [`Claims<C>`](crate::Claims).
///
/// Registered claims have methods on [`Claims`](crate::Claims). This type gives access to all
/// claims by name. Serializes as the JSON object of the claims.
///
/// # Examples
///
/// ```
/// # fn handler(claims: &tower_jwt_auth::Claims) {
/// let subject = claims.subject();
/// let tenant = claims.get("tenant").and_then(|tenant| tenant.as_str());
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonClaims {
    all: Map<String, serde_json::Value>,
}

impl JsonClaims {
    /// Returns the claim of that name, registered or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&serde_json::Value> {
        self.all.get(name)
    }

    /// Returns all claims.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, serde_json::Value> {
        &self.all
    }
}

/// Shows the number of claims only: claims are personal.
impl std::fmt::Debug for JsonClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonClaims")
            .field("count", &self.all.len())
            .finish_non_exhaustive()
    }
}
