//! The checks of the claims.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;

use super::examination::Examination;
use super::quoted::{quoted, quoted_list, shown};
use super::{differences, times};
use crate::error::ErrorKind;
use crate::jwt::{AudRule, AudienceRule, Unverified, check_header_parameters};
use crate::verify::ConfiguredIssuer;

impl<C> Examination<'_, C> {
    pub(super) fn check_claims(
        &mut self,
        claims: &Unverified<'_>,
        header: &[u8],
        issuer: Option<&ConfiguredIssuer>,
    ) {
        self.check_times(claims);
        let Some(issuer) = issuer else { return };
        // A type that is not allowed tells nothing about the purpose.
        let typ = self.facts.header_text("typ");
        let typ = typ.filter(|typ| self.engine.rules.check_type(Some(typ)).is_ok());
        let outcomes = claims.check_each(typ, &self.engine.rules, issuer.expected());
        self.report
            .add("purpose", outcomes.purpose, self.purpose(), || {
                let hint =
                    "send the access token: this is an ID token, a refresh token or an event";
                ("an access token".to_owned(), Some(hint.to_owned()))
            });
        let rule = issuer.expected().audience;
        let audience = outcomes.audience;
        let audience = audience.and_then(|()| check_header_parameters(header, rule));
        self.report
            .add("audience", audience, Some(self.audience(rule)), || {
                (
                    expected_audience(rule),
                    differences::audience(&self.facts, rule),
                )
            });
        self.report.add("binding", outcomes.binding, None, || {
            let hint = "the client has bound the token to its key (DPoP, mTLS): use one without";
            ("a token without `cnf`".to_owned(), Some(hint.to_owned()))
        });
        if self.engine.rules.rfc9068 {
            let outcome = outcomes.access_token;
            self.report.add("access token", outcome, None, || {
                let expected = "`jti`, `sub`, `client_id` and `iat` (RFC 9068 §2.2)";
                (expected.to_owned(), None)
            });
        }
    }

    /// Checks that the claims fit the claims type.
    pub(super) fn check_claims_type(&mut self, claims: &Unverified<'_>)
    where
        C: DeserializeOwned + 'static,
    {
        let (outcome, cause) = match claims.check_claims_type::<C>() {
            Ok(()) => (Ok(()), None),
            Err(cause) => (Err(ErrorKind::InvalidClaim.into()), Some(cause)),
        };
        self.report.add("claims", outcome, cause, || {
            let hint = "change the type of JwtAuthBuilder::claims: Option or #[serde(default)]";
            (String::new(), Some(hint.to_owned()))
        });
    }

    fn check_times(&mut self, claims: &Unverified<'_>) {
        let (facts, now, rules) = (&self.facts, self.now, &self.engine.rules);
        let leeway = times::rounded(rules.leeway);
        let found = times::shown(facts, "exp", now);
        let outcome = claims.check_expiry(rules, now);
        self.report.add("expiry", outcome, Some(found), || {
            let expected = match rules.max_lifetime {
                None => format!("a time in the future, or at most {leeway} ago"),
                Some(max) => format!(
                    "a time in the future, or at most {leeway} ago, and at most {} after `iat`",
                    times::rounded(max)
                ),
            };
            let hint =
                "the client must ask for a new token, or this clock is ahead of the issuer's";
            (expected, Some(hint.to_owned()))
        });
        let claim = times::latest_start(facts);
        let found = times::shown(facts, claim, now);
        let outcome = claims.check_start(rules, now);
        self.report.add("not before", outcome, Some(found), || {
            let hint = times::behind(facts, claim, now)
                .map(|time| format!("this clock is {time} behind the issuer's: synchronize both"));
            (
                format!("a time in the past, or at most {leeway} from now"),
                hint,
            )
        });
    }

    /// Returns the claims that say what a token is for.
    fn purpose(&self) -> Option<String> {
        let claims = ["typ", "token_use", "token_type"].into_iter();
        let mut said = claims.filter_map(|name| Some((name, self.facts.claim_text(name)?)));
        said.next()
            .map(|(name, text)| format!("claim `{name}` {}", quoted(text)))
    }

    /// Returns `aud`, and what is compared in its place.
    fn audience(&self, rule: &AudienceRule) -> String {
        let mut found = format!("`aud` {}", shown(self.facts.claim("aud")));
        let named = rule.claims.iter().filter(|claim| claim.replaces_aud);
        for claim in named {
            let value = shown(self.facts.claim(&claim.name));
            let _ = write!(found, ", `{}` {value}", claim.name);
        }
        let named = rule.header_parameters.iter();
        for parameter in named.filter(|parameter| parameter.replaces_aud) {
            let value = shown(self.facts.header(&parameter.name));
            let _ = write!(found, ", `{}` of the header {value}", parameter.name);
        }
        found
    }
}

fn expected_audience(rule: &AudienceRule) -> String {
    let mut parts = Vec::new();
    match &rule.aud {
        AudRule::AnyOf(names) => parts.push(quoted_list(names.iter())),
        AudRule::Absent => parts.push("no `aud`".to_owned()),
        AudRule::Any => {}
    }
    for claim in &rule.claims {
        parts.push(match &claim.any_of {
            Some(values) => format!("`{}` {}", claim.name, quoted_list(values.iter())),
            None => format!("`{}`", claim.name),
        });
    }
    for parameter in &rule.header_parameters {
        let values = parameter.any_of.iter().flatten();
        let values = quoted_list(values);
        parts.push(format!("`{}` of the header {values}", parameter.name));
    }
    if !rule.scopes.is_empty() {
        parts.push(format!("the scopes {}", quoted_list(rule.scopes.iter())));
    }
    parts.join(" and ")
}
