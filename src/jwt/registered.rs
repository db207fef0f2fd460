//! The registered claims of a token. Their strings are ranges of its payload.

use std::borrow::Cow;
use std::ops::Range;

use super::claim::Claim;
use super::claim_value::Value;
use super::duplicate_names::JsonStr;
use super::numeric_date::NumericDate;

/// A string of the payload: its range, or a copy if it contains escapes.
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
                // serde_json borrows strings from its input, so neither difference is negative.
                let base = payload.as_ptr().addr();
                let Range { start, end } = text.as_bytes().as_ptr_range();
                let range = start.addr().wrapping_sub(base)..end.addr().wrapping_sub(base);
                debug_assert!(
                    payload.get(range.clone()) == Some(*text),
                    "a borrowed string is a part of the payload"
                );
                Self::At(range)
            }
        }
    }

    /// Returns the string. `payload` is the one that it was read from.
    pub(super) fn resolve<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::At(range) => {
                let text = payload.get(range.clone());
                debug_assert!(text.is_some(), "the range is one of this payload");
                text.unwrap_or_default()
            }
            Self::Copy(copy) => copy,
        }
    }
}

/// A string or an array of strings: `aud` (RFC 7519 §4.1.3), and `scope` and `scp` as issuers use
/// them.
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

impl OneOrMany<PayloadStr> {
    fn of(value: &Value<'_>, payload: &str) -> Option<Self> {
        let piece = |text: &JsonStr<'_>| PayloadStr::of(text, payload);
        match value {
            Value::Text(text) => Some(Self::One(piece(text))),
            Value::Texts(texts) => Some(Self::Many(texts.iter().map(piece).collect())),
            _ => None,
        }
    }
}

/// The registered claims (RFC 7519 §4.1) and the scopes.
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
    /// Whether `client_id` is present as a string (RFC 8693 §4.3).
    pub(super) has_client_id: bool,
    pub(super) scope: Option<OneOrMany<PayloadStr>>,
}

impl Registered {
    /// Returns whether `iss` is `issuer`, compared byte by byte.
    pub(super) fn has_issuer(&self, issuer: &str, payload: &str) -> bool {
        self.iss
            .as_ref()
            .is_some_and(|iss| iss.resolve(payload) == issuer)
    }

    /// Records a claim. The value is of a type that the claim can have.
    #[inline]
    pub(super) fn record(&mut self, claim: Claim, value: &Value<'_>, payload: &str) {
        let text = || value.as_text().map(|text| PayloadStr::of(text, payload));
        match claim {
            Claim::Iss => self.iss = text(),
            Claim::Sub => self.sub = text(),
            Claim::Jti => self.jti = text(),
            Claim::Exp => self.exp = value.as_date(),
            Claim::Nbf => self.nbf = value.as_date(),
            Claim::Iat => self.iat = value.as_date(),
            Claim::Aud => self.aud = OneOrMany::of(value, payload),
            Claim::ClientId => self.has_client_id = value.as_text().is_some(),
            // A scope of another type grants nothing. That is no reason to reject a token where no
            // scope is required. `scope` takes precedence over `scp`.
            Claim::Scope => self.scope = OneOrMany::of(value, payload).or(self.scope.take()),
            Claim::Scp => self.scope = self.scope.take().or_else(|| OneOrMany::of(value, payload)),
        }
    }
}
