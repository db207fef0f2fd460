//! What is required.

use std::sync::Arc;

use super::caller::{Absent, claims_of};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;
use crate::jwt::Claims;
use crate::response::may_be_quoted;

type Allowed<C> = Box<dyn Fn(&Claims<C>, &RequestHead<'_>) -> bool + Send + Sync>;

pub(super) struct Rule<C> {
    need: Need<C>,
    /// The scopes as the challenge shows them.
    challenge: Option<Arc<str>>,
}

enum Need<C> {
    All(Box<[Box<str>]>),
    Any(Box<[Box<str>]>),
    When(Allowed<C>),
}

/// Why a request goes no further.
#[derive(Debug)]
pub(super) enum Refusal {
    Because(Error),
    LayerMissing,
}

impl<C> Rule<C> {
    pub(super) fn all(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Self::of(scopes, Need::All)
    }

    pub(super) fn any(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Self::of(scopes, Need::Any)
    }

    pub(super) fn when(allowed: Allowed<C>) -> Self {
        Self {
            need: Need::When(allowed),
            challenge: None,
        }
    }

    fn of<T: Into<String>>(
        scopes: impl IntoIterator<Item = T>,
        need: fn(Box<[Box<str>]>) -> Need<C>,
    ) -> Result<Self, ConfigError> {
        let scopes: Box<[Box<str>]> = scopes
            .into_iter()
            .map(|scope| scope.into().into_boxed_str())
            .collect();
        if scopes.is_empty() {
            return Err(contradiction("scopes are required, and none is named"));
        }
        if !scopes.iter().all(|scope| is_scope(scope)) {
            return Err(contradiction(
                "a required scope is not one (RFC 6749 section 3.3)",
            ));
        }
        let challenge = Some(scopes.join(" ").into());
        Ok(Self {
            need: need(scopes),
            challenge,
        })
    }

    /// The scopes that are named; none where a predicate decides.
    pub(super) fn scopes(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    fn is_met(&self, claims: &Claims<C>, head: &RequestHead<'_>) -> bool {
        match &self.need {
            Need::All(scopes) => scopes.iter().all(|scope| claims.has_scope(scope)),
            Need::Any(scopes) => scopes.iter().any(|scope| claims.has_scope(scope)),
            Need::When(allowed) => allowed(claims, head),
        }
    }
}

impl<C: Send + Sync + 'static> Rule<C> {
    pub(super) fn judge(&self, head: &RequestHead<'_>) -> Result<(), Refusal> {
        match claims_of::<C>(head.extensions()) {
            Ok(claims) if self.is_met(claims, head) => Ok(()),
            Ok(_) => Err(Refusal::Because(Error::insufficient_scope(
                self.challenge.clone(),
            ))),
            Err(Absent::Token) => Err(Refusal::Because(ErrorKind::MissingToken.into())),
            Err(Absent::Layer) => Err(Refusal::LayerMissing),
        }
    }
}

fn contradiction(what: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Contradiction, what)
}

/// Whether this list can be required: it names something, and each is a scope.
#[allow(dead_code, reason = "feature `axum` uses it")]
pub(crate) const fn are_scopes(mut scopes: &[&str]) -> bool {
    let some = !scopes.is_empty();
    while let [scope, rest @ ..] = scopes {
        if !is_scope(scope) {
            return false;
        }
        scopes = rest;
    }
    some
}

/// A `scope-token` of RFC 6749 §3.3: what a token can grant and a challenge can show.
pub(crate) const fn is_scope(scope: &str) -> bool {
    let mut bytes = scope.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if !byte.is_ascii_graphic() || !may_be_quoted(char_of(*byte)) {
            return false;
        }
        bytes = rest;
    }
    !scope.is_empty()
}

/// `char::from`, in a constant.
#[allow(clippy::as_conversions, reason = "From isn't const")]
const fn char_of(byte: u8) -> char {
    byte as char
}
