//! The registered claims of a token. Their strings are ranges of its payload.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::{Error, MapAccess};

use super::claim::Claim;
use super::claim_value::{ReadValue, Value};
use super::confirmation::{ConfirmationClaim, ReadConfirmation};
use super::numeric_date::NumericDate;
use super::purpose::Purpose;
use super::values_len::PER_ALLOCATION;
use crate::encoding::json::{Document, IgnoredValue, JsonStr};

/// A string of the payload: its range, or a copy if it contains escapes.
#[cfg_attr(test, derive(Debug))]
pub(super) enum PayloadStr {
    At(Range<usize>),
    Copy(Box<str>),
}

impl PayloadStr {
    pub(super) fn of(text: &JsonStr<'_>, payload: &str) -> Self {
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

impl OneOrMany<PayloadStr> {
    /// Returns the memory of the array, if it is one, and of the copies.
    fn heap_len(&self) -> usize {
        let copy_len = |text: &PayloadStr| match text {
            PayloadStr::At(_) => 0,
            PayloadStr::Copy(copy) => copy.len().saturating_add(PER_ALLOCATION),
        };
        let copies = self.as_slice().iter().map(copy_len);
        let copies = copies.fold(0, usize::saturating_add);
        match self {
            Self::One(_) => copies,
            Self::Many(many) => size_of_val(many.as_slice())
                .saturating_add(PER_ALLOCATION)
                .saturating_add(copies),
        }
    }
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

/// The registered claims that this crate reads, and the scopes.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Registered {
    pub(super) iss: Option<PayloadStr>,
    pub(super) sub: Option<PayloadStr>,
    /// Whether `sub` has another type than a string.
    pub(super) has_other_sub: bool,
    pub(super) aud: Option<OneOrMany<PayloadStr>>,
    pub(super) exp: Option<NumericDate>,
    pub(super) nbf: Option<NumericDate>,
    pub(super) iat: Option<NumericDate>,
    pub(super) jti: Option<PayloadStr>,
    pub(super) client_id: Option<PayloadStr>,
    pub(super) azp: Option<PayloadStr>,
    pub(super) scope: Option<OneOrMany<PayloadStr>>,
    pub(super) sid: Option<PayloadStr>,
    pub(super) acr: Option<PayloadStr>,
    pub(super) auth_time: Option<NumericDate>,
    pub(super) nonce: Option<PayloadStr>,
    pub(super) cnf: Option<ConfirmationClaim>,
    pub(super) has_events: bool,
    pub(super) purpose: Purpose,
}

impl Registered {
    /// Returns the memory of the arrays, which are not a part of the payload.
    pub(super) fn arrays_len(&self) -> usize {
        let arrays = [&self.aud, &self.scope].into_iter().flatten();
        arrays
            .map(OneOrMany::heap_len)
            .fold(0, usize::saturating_add)
    }

    /// Returns the scopes. `payload` is the one that they were read from.
    pub(super) fn scopes<'s>(&'s self, payload: &'s str) -> impl Iterator<Item = &'s str> {
        let texts = self
            .scope
            .as_ref()
            .map(OneOrMany::as_slice)
            .unwrap_or_default();
        texts
            .iter()
            .flat_map(move |scope| scope.resolve(payload).split(' '))
            .filter(|scope| !scope.is_empty())
    }

    /// Reads the value of a claim. Rejects `null`, and a value that the claim can't have. Of
    /// `events`, only the presence counts.
    ///
    /// `scope`, `scp`, `client_id`, `azp`, `sid`, `acr` and `nonce` may have another type. Then
    /// they count as absent: they grant nothing, and are no reason to reject the token. Whether
    /// `sub` may have another type depends on the issuer, which is not known here.
    #[inline]
    pub(super) fn read_value<'j, A: MapAccess<'j>>(
        &mut self,
        claim: Claim,
        members: &mut A,
        document: &mut Document<'j>,
    ) -> Result<(), A::Error> {
        match claim {
            Claim::Iss => self.iss = Some(text(members, document)?),
            Claim::Sub => {
                self.sub = text_if_any(members, document)?;
                self.has_other_sub = self.sub.is_none();
            }
            Claim::Jti => self.jti = Some(text(members, document)?),
            Claim::Exp => self.exp = Some(members.next_value()?),
            Claim::Nbf => self.nbf = Some(members.next_value()?),
            Claim::Iat => self.iat = Some(members.next_value()?),
            Claim::AuthTime => self.auth_time = Some(members.next_value()?),
            Claim::Aud => {
                let aud = texts(members, document)?;
                self.aud = Some(aud.ok_or_else(|| A::Error::custom("`aud` is not of strings"))?);
            }
            Claim::ClientId => self.client_id = text_if_any(members, document)?,
            Claim::Azp => {
                self.azp = text_if_any(members, document)?;
                if self.azp.is_some() {
                    self.purpose.note(claim, "");
                }
            }
            Claim::Sid => self.sid = text_if_any(members, document)?,
            Claim::Acr => self.acr = text_if_any(members, document)?,
            Claim::Nonce => {
                self.nonce = text_if_any(members, document)?;
                if self.nonce.is_some() {
                    self.purpose.note(claim, "");
                }
            }
            // `scope` takes precedence over `scp`.
            Claim::Scope => self.scope = texts(members, document)?.or(self.scope.take()),
            Claim::Scp => {
                let scp = texts(members, document)?;
                self.scope = self.scope.take().or(scp);
            }
            Claim::Cnf => self.cnf = Some(members.next_value_seed(ReadConfirmation(document))?),
            Claim::Events => {
                members.next_value_seed(IgnoredValue(document))?;
                self.has_events = true;
            }
            Claim::Typ
            | Claim::TokenUse
            | Claim::TokenType
            | Claim::Tid
            | Claim::Ver
            | Claim::Appid
            | Claim::AtHash
            | Claim::CHash
            | Claim::SHash => self.read_purpose(claim, members, document)?,
        }
        Ok(())
    }

    /// Reads a claim of any type, `null` too: these claims are not registered, and other issuers
    /// may use their names for something else.
    fn read_purpose<'j, A: MapAccess<'j>>(
        &mut self,
        claim: Claim,
        members: &mut A,
        document: &mut Document<'j>,
    ) -> Result<(), A::Error> {
        if let Value::Text(text) = members.next_value_seed(ReadValue::new(document))? {
            self.purpose.note(claim, &text.0);
        }
        Ok(())
    }
}

/// Reads a claim that must be a string.
fn text<'j, A: MapAccess<'j>>(
    members: &mut A,
    document: &Document<'j>,
) -> Result<PayloadStr, A::Error> {
    let text = members.next_value::<JsonStr<'j>>()?;
    Ok(PayloadStr::of(&text, document.text()))
}

/// Reads a claim of any type but `null`.
fn value<'j, A: MapAccess<'j>>(
    members: &mut A,
    document: &mut Document<'j>,
) -> Result<Value<'j>, A::Error> {
    match members.next_value_seed(ReadValue::new(document))? {
        Value::Null => Err(A::Error::custom("the claim is null")),
        value => Ok(value),
    }
}

/// Returns `None` if the claim is not a string.
fn text_if_any<'j, A: MapAccess<'j>>(
    members: &mut A,
    document: &mut Document<'j>,
) -> Result<Option<PayloadStr>, A::Error> {
    Ok(match value(members, document)? {
        Value::Text(text) => Some(PayloadStr::of(&text, document.text())),
        _ => None,
    })
}

/// Returns `None` if the claim is neither a string nor an array of strings.
fn texts<'j, A: MapAccess<'j>>(
    members: &mut A,
    document: &mut Document<'j>,
) -> Result<Option<OneOrMany<PayloadStr>>, A::Error> {
    let value = value(members, document)?;
    Ok(OneOrMany::of(&value, document.text()))
}
