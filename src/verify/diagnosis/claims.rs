//! The checks of the claims.

use serde::de::DeserializeOwned;

use super::examination::Examination;
use super::quoted::{public, type_of};
use super::times;
use crate::error::{Error, ErrorKind};
use crate::jwt::Unverified;
use crate::verify::ConfiguredIssuer;

impl<C> Examination<'_, C> {
    pub(super) fn check_claims(
        &mut self,
        claims: &Unverified<'_>,
        header: &[u8],
        issuer: Option<&ConfiguredIssuer>,
    ) {
        self.check_expiry(claims);
        self.check_start(claims);
        let Some(issuer) = issuer else { return };
        self.facts.allows_id_tokens = issuer.exceptions.allow_id_tokens;
        // A type that is not allowed tells nothing about the purpose.
        let typ = self.facts.header_text("typ");
        let typ = typ.filter(|typ| self.engine.rules.check_type(Some(typ)).is_ok());
        let expected = self.engine.expected(issuer);
        let outcomes = claims.check_each(typ, &self.engine.rules, expected);
        self.report
            .add("purpose", outcomes.purpose, self.purpose(), || {
                ("an access token".to_owned(), Some(OTHER_PURPOSE.to_owned()))
            });
        self.check_audience(outcomes.audience, header, expected.audience);
        self.check_tenant(claims, issuer);
        let is_unbound = outcomes
            .binding
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::UnboundToken);
        self.report.add("binding", outcomes.binding, None, || {
            let (expected, hint) = if is_unbound { UNBOUND } else { BOUND };
            (expected.to_owned(), Some(hint.to_owned()))
        });
        if self.engine.rules.rfc9068 {
            let outcome = outcomes.access_token;
            self.report.add("access token", outcome, None, || {
                let expected = "`jti`, `sub`, `client_id` and `iat` (RFC 9068 §2.2)";
                (expected.to_owned(), None)
            });
        }
    }

    /// Checks the claim that must have the tenant of `iss`. Its value may be personal.
    fn check_tenant(&mut self, claims: &Unverified<'_>, issuer: &ConfiguredIssuer) {
        let Some(claim) = issuer.tenant_claim() else {
            return;
        };
        let outcome = issuer.check_tenant(claims.issuer().unwrap_or_default(), claims.json());
        let found = match type_of(self.facts.claim(claim)) {
            "a string" if outcome.is_err() => "another string",
            other => other,
        };
        let found = format!("`{claim}` {found}");
        self.report.add("tenant", outcome, Some(found), || {
            (format!("`{claim}` with the tenant of `iss`"), None)
        });
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

    fn check_expiry(&mut self, claims: &Unverified<'_>) {
        let (facts, now, rules) = (&self.facts, self.now, &self.engine.rules);
        let leeway = times::rounded(rules.leeway);
        let found = times::shown(facts, "exp", now);
        let outcome = claims.check_expiry(rules, now);
        let hint = outcome.as_ref().err().map(expiry_hint);
        self.report.add("expiry", outcome, Some(found), || {
            let max = rules.max_lifetime.map(times::rounded);
            let max = max.map(|max| format!(", and at most {max} after `iat`"));
            let max = max.unwrap_or_default();
            (
                format!("a time in the future, or less than {leeway} ago{max}"),
                hint.map(ToOwned::to_owned),
            )
        });
    }

    fn check_start(&mut self, claims: &Unverified<'_>) {
        let (facts, now, rules) = (&self.facts, self.now, &self.engine.rules);
        let leeway = times::rounded(rules.leeway);
        let claim = times::latest_start(facts);
        let found = times::shown(facts, claim, now);
        let outcome = claims.check_start(rules, now);
        self.report.add("valid from", outcome, Some(found), || {
            let behind = times::behind(facts, claim, now);
            let hint = match claim {
                // The issuer can set a time that is still to come on purpose.
                "nbf" => {
                    Some("the token is not valid yet, or this clock is behind the issuer's".into())
                }
                _ => behind.map(|time| {
                    format!("this clock is {time} behind the issuer's: synchronize both")
                }),
            };
            (
                format!("a time in the past, or at most {leeway} from now"),
                hint,
            )
        });
    }

    /// Returns the claim that says what a token is for.
    fn purpose(&self) -> Option<String> {
        let claims = ["typ", "token_use", "token_type"].into_iter();
        let mut said = claims.filter_map(|name| Some((name, self.facts.claim_text(name)?)));
        said.next()
            .map(|(name, text)| format!("`{name}` {}", public(text)))
    }
}

const UNBOUND: (&str, &str) = (
    "a token with `cnf` for each binding that is required",
    "have the client request a token that is bound to its key (DPoP) or certificate (mTLS)",
);

const BOUND: (&str, &str) = (
    "a token without `cnf`, or bound in a way that the layer checks",
    "set JwtAuthBuilder::dpop or mtls: the client has bound the token to its key or certificate",
);

const OTHER_PURPOSE: &str =
    "send the access token: this is an ID token, a refresh token or a logout token";

fn expiry_hint(error: &Error) -> &'static str {
    match (error.kind(), error.claim()) {
        (ErrorKind::MissingClaim, Some("iat")) => {
            "have the issuer set `iat`, which max_lifetime needs"
        }
        (ErrorKind::MissingClaim, _) => "have the issuer set `exp`",
        (ErrorKind::InvalidClaim, _) => {
            "have the issuer issue tokens for a shorter time, or raise max_lifetime"
        }
        _ => "the client must request a new token, or this clock is ahead of the issuer's",
    }
}
