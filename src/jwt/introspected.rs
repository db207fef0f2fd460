//! The answers of introspection endpoints (RFC 7662 §2.2), and the claims in them.

use std::sync::Arc;
use std::time::Duration;

use serde::de::{DeserializeOwned, DeserializeSeed as _};

use super::claims::Claims;
use super::claims_set::ClaimsSet;
use super::compact::Proof;
use super::decoded_payload::DecodedPayload;
use super::numeric_date::NumericDate;
use super::rules::{Exceptions, Expected, Rules};
use super::times::{check_not_before, check_not_expired};
use super::token::{Evidence, Unverified, Verified};
use super::token_id::token_id;
use super::token_type::TokenType;
use crate::encoding::json::{Document, IgnoredValue, member};
use crate::error::{Error, ErrorKind};

/// The maximum age of a signed answer. It is made for one question, so only clocks that differ
/// explain an old one.
const MAX_ANSWER_AGE: Duration = Duration::from_secs(5 * 60);

/// What an issuer has said about a token.
pub(crate) enum Introspection {
    Active(ActiveAnswer),
    /// The token is not active. No reason is given (RFC 7662 §2.2).
    Inactive,
}

/// An answer that says that the token is active. Only [`Introspection::read`] creates it.
pub(crate) struct ActiveAnswer {
    json: Arc<str>,
    token_id: Arc<str>,
}

/// The proof that an issuer has said that a token with these claims is active.
pub(super) struct Active(());

impl Introspection {
    /// Reads an answer about a token. Returns `None` if it is not one JSON object that [`Document`]
    /// accepts. Only the JSON `true` makes a token active.
    pub(crate) fn read(json: &str, max_members: usize, token: &str) -> Option<Self> {
        if !json.trim_ascii_start().starts_with('{') {
            return None;
        }
        let mut document = Document::new(json, max_members);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read = IgnoredValue(&mut document).deserialize(&mut deserializer);
        read.and_then(|()| deserializer.end()).ok()?;
        if member(json, "active") != Some("true") {
            return Some(Self::Inactive);
        }
        Some(Self::Active(ActiveAnswer {
            json: json.into(),
            token_id: token_id(token),
        }))
    }
}

impl ActiveAnswer {
    /// Returns the length in bytes of the answer and of the token's id.
    pub(crate) fn len(&self) -> usize {
        self.json.len().saturating_add(self.token_id.len())
    }

    /// Returns `exp` as the time since 1970. `None` if there is none, or the answer's claims can't
    /// be read: then they are rejected whenever they are used.
    pub(crate) fn expires_at(&self, rules: &Rules) -> Option<Duration> {
        let unverified = self.unverified(rules).ok()?;
        unverified.registered.exp.map(|exp| exp.0)
    }

    fn unverified(&self, rules: &Rules) -> Result<Unverified<'_>, Error> {
        Unverified::read(DecodedPayload::of_text(&self.json), rules)
    }

    /// Validates the claims as those of a token of `issuer` with a valid signature. `iss` may be
    /// absent, and `exp` if there is a `default_exp`, which stands for it. `now` is the time since
    /// 1970.
    pub(crate) fn claims<C: DeserializeOwned + 'static>(
        &self,
        issuer: &str,
        default_exp: Option<Duration>,
        rules: &Rules,
        expected: Expected<'_>,
        now: Duration,
    ) -> Result<Claims<C>, Error> {
        let mut unverified = self.unverified(rules)?;
        let exceptions = Exceptions {
            allow_missing_issuer: true,
            ..expected.exceptions
        };
        unverified.complete(issuer, exceptions)?;
        if unverified.issuer() != Some(issuer) {
            return Err(ErrorKind::UnknownIssuer.into());
        }
        let default_exp = default_exp.map(NumericDate);
        let Unverified {
            payload,
            mut registered,
        } = unverified;
        registered.exp = registered.exp.or(default_exp);
        let verified = Verified {
            signed: None,
            token_type: TokenType::Introspected,
            payload,
            registered,
            evidence: Evidence::Answer {
                _active: Active(()),
                token_id: Arc::clone(&self.token_id),
            },
        };
        verified.validate(rules, expected, now)
    }
}

impl<'p> Unverified<'p> {
    /// Returns the answer that a signed response contains (RFC 9701 §5), whose signature `_proof`
    /// is about. Requires the issuer, this service as the audience, and the time of the answer.
    /// `exp` is optional: the response is not a token. An error says what is wrong.
    pub(crate) fn signed_answer(
        &self,
        _proof: &Proof,
        issuer: &str,
        rules: &Rules,
        expected: Expected<'_>,
        now: Duration,
    ) -> Result<&'p str, &'static str> {
        let claims = ClaimsSet {
            registered: &self.registered,
            payload: self.payload.payload,
            token_type: &TokenType::Unspecified,
        };
        if self.issuer() != Some(issuer) {
            return Err("`iss` is not the issuer");
        }
        let is_for_us = claims.check_audience(expected).is_ok();
        is_for_us.then_some(()).ok_or("`aud` is not this client")?;
        let iat = self.registered.iat.ok_or("`iat` is missing")?;
        let oldest = now.saturating_sub(MAX_ANSWER_AGE.saturating_add(rules.leeway));
        if iat.0 < oldest || check_not_before(&self.registered, rules, now).is_err() {
            return Err("`iat` or `nbf` is not about now");
        }
        let has_expired = self.registered.exp.is_some()
            && check_not_expired(&self.registered, &without_max_lifetime(rules), now).is_err();
        if has_expired {
            return Err("`exp` has passed");
        }
        let answer = member(self.payload.payload, "token_introspection");
        answer.ok_or("`token_introspection` is missing")
    }
}

/// The maximum lifetime is that of tokens.
fn without_max_lifetime(rules: &Rules) -> Rules {
    Rules {
        max_lifetime: None,
        ..rules.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_active(json: &str) -> Option<bool> {
        let read = Introspection::read(json, 100, "token")?;
        Some(matches!(read, Introspection::Active(_)))
    }

    #[test]
    fn only_the_json_true_is_active() {
        assert_eq!(is_active(r#"{"active":true}"#), Some(true));
        assert_eq!(
            is_active(r#" { "\u0061ctive" : true , "x":1} "#),
            Some(true)
        );
        for json in [
            "{}",
            r#"{"active":false}"#,
            r#"{"active":"true"}"#,
            r#"{"active":1}"#,
            r#"{"active":null}"#,
            r#"{"active":[true]}"#,
            r#"{"active":{"active":true}}"#,
            r#"{"Active":true}"#,
            r#"{"x":{"active":true}}"#,
        ] {
            assert_eq!(is_active(json), Some(false), "{json}");
        }
    }

    #[test]
    fn what_is_not_one_object_with_distinct_names_is_no_answer() {
        for json in [
            "",
            "true",
            "[true]",
            "null",
            r#"{"active":true"#,
            r#"{"active":true}{}"#,
            r#"{"active":false,"active":true}"#,
            r#"{"active":true,"\u0061ctive":false}"#,
            r#"{"active":true,"x":{"y":1,"y":2}}"#,
            r#"{"active":true,"x":{"$serde_json::private::RawValue":"1"}}"#,
            r#"{"active":true,}"#,
            "<html>",
        ] {
            assert_eq!(is_active(json), None, "{json}");
        }
        let many: Vec<_> = (0..101).map(|n| format!("\"m{n}\":1")).collect();
        assert_eq!(is_active(&format!("{{{}}}", many.join(","))), None);
    }
}
