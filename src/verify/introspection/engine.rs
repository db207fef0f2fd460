//! Introspection as a part of verification.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::super::{ConfiguredIssuer, Engine, Progress};
use super::answer_cache::Known;
use super::needs_answer::{Answered, NeedsAnswer};
use super::{Introspector, is_jwt_form};
use crate::encoding::{base64url, json};
use crate::error::{Error, ErrorKind};
use crate::observe::IntrospectionOutcome;
use crate::policy::Unchecked;

impl<C: DeserializeOwned + 'static> Engine<C> {
    /// Verifies a token that is introspected: with a cached answer, if there is one.
    pub(in crate::verify) fn introspect(
        &self,
        issuer: &Arc<ConfiguredIssuer>,
        introspector: &Introspector,
        token: &[u8],
        now: Duration,
    ) -> Progress<C> {
        if let Err(error) = self.check_introspected_form(introspector, token) {
            return Progress::Done(Err(error.with_issuer(issuer.observers.id())));
        }
        let hash = introspector.hash(token);
        match introspector.known(&hash, now) {
            Some(known) => {
                issuer.observers.introspected(IntrospectionOutcome::Cached);
                Progress::Done(self.judge(issuer, &known, now))
            }
            None => Progress::NeedsAnswer(NeedsAnswer {
                issuer: Arc::clone(issuer),
                hash,
            }),
        }
    }

    /// Returns the claims of an answer.
    pub(in crate::verify) fn accept_answer(
        &self,
        answered: &Answered,
        now: Duration,
    ) -> Result<Unchecked<C>, Error> {
        self.judge(&answered.issuer, &answered.known, now)
    }

    fn judge(
        &self,
        issuer: &ConfiguredIssuer,
        known: &Known,
        now: Duration,
    ) -> Result<Unchecked<C>, Error> {
        let of_issuer = |error: Error| error.with_issuer(issuer.observers.id());
        let Known::Active(entry) = known else {
            return Err(of_issuer(ErrorKind::Inactive.into()));
        };
        let lifetime = issuer
            .keys
            .introspector()
            .and_then(Introspector::default_lifetime);
        let default_exp = lifetime.map(|lifetime| entry.asked_at.saturating_add(lifetime));
        let claims = entry.answer.claims(
            &issuer.name,
            default_exp,
            &self.rules,
            issuer.expected(),
            now,
        );
        claims.map(Unchecked::new).map_err(of_issuer)
    }

    /// Rejects a token that no answer could make valid.
    pub(in crate::verify) fn check_introspected_form(
        &self,
        introspector: &Introspector,
        token: &[u8],
    ) -> Result<(), Error> {
        if token.len() > self.rules.max_token_len {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        introspector.check_form(token)?;
        match type_of_jwt(token) {
            Some(typ) => self.rules.check_type(typ?.as_deref()).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// Returns `typ` of the header, if the token is a JWT: an issuer may answer that another token than
/// an access token is active, such as a signed response of its own (RFC 9701 §8.1).
fn type_of_jwt(token: &[u8]) -> Option<Result<Option<String>, Error>> {
    #[derive(Deserialize)]
    struct Typ {
        typ: Option<String>,
    }
    if !is_jwt_form(token) {
        return None;
    }
    let header = base64url::decode(token.split(|byte| *byte == b'.').next()?)?;
    // Not a JWT, though it looks like one.
    json::object::<IgnoredAny>(&header)?;
    let typ = json::object::<Typ>(&header).ok_or_else(|| ErrorKind::WrongTokenType.into());
    Some(typ.map(|header| header.typ))
}
