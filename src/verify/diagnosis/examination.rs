//! Running every check of a token, also those after the first that fails.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::facts::Facts;
use super::quoted::{public, quoted_list, shown, type_of};
use super::report::Report;
use super::{DiagnosisCheck, audience_hints, differences, form_hints, hints, times};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::decoded_payload::{self, DecodedPayload};
use crate::jwt::{Compact, Unverified};
use crate::verify::check::find;
use crate::verify::issuers::Lookup;
use crate::verify::{ConfiguredIssuer, Engine, IssuerSet};

/// How the outcome of the signature check is known.
#[derive(Clone, Copy)]
pub(super) enum Signature<'e> {
    /// From the error of the verification, if it is about the signature: it is not checked again.
    As(&'e Error),
    Check,
}

impl Signature<'_> {
    /// Returns whether the claims type may be the cause. Otherwise it is not deserialized for a
    /// token that was rejected before.
    fn needs_claims_type(self) -> bool {
        match self {
            Self::As(error) => error.kind() == ErrorKind::InvalidClaim && error.claim().is_none(),
            Self::Check => true,
        }
    }
}

impl<C: DeserializeOwned + 'static> Engine<C> {
    /// Runs every check of verification. `now` is the time since 1970.
    pub(super) fn run_each_check(
        &self,
        token: &[u8],
        now: Duration,
        signature: Signature<'_>,
    ) -> Vec<DiagnosisCheck> {
        let mut examination = Examination {
            engine: self,
            facts: Facts::read(token, &self.rules),
            issuers: &self.issuers.load(),
            now,
            report: Report::default(),
        };
        examination.run(token, signature);
        examination.report.finish()
    }
}

/// Returns an issuer that can have keys.
pub(super) fn known(found: Result<Lookup<'_>, Error>) -> Option<Arc<ConfiguredIssuer>> {
    match found {
        Ok(Lookup::Found(issuer)) => Some(Arc::clone(issuer)),
        Ok(Lookup::Tenant(issuer)) => Some(issuer),
        Ok(Lookup::NewTenant(_) | Lookup::Unknown) | Err(_) => None,
    }
}

/// The checks of one token, in progress.
pub(super) struct Examination<'e, C> {
    pub(super) engine: &'e Engine<C>,
    pub(super) facts: Facts,
    issuers: &'e IssuerSet,
    pub(super) now: Duration,
    pub(super) report: Report,
}

impl<C: DeserializeOwned + 'static> Examination<'_, C> {
    fn run(&mut self, token: &[u8], signature: Signature<'_>) {
        let parsed = self.engine.parse(token);
        let outcome = parsed.as_ref().map(|_| ()).map_err(Clone::clone);
        let parts = match self.facts.parts {
            1 => "1 part".to_owned(),
            parts => format!("{parts} parts"),
        };
        let found = format!("{parts}, {} bytes", token.len());
        let expected = format!(
            "3 parts of base64url, separated by dots, at most {} bytes (max_token_len)",
            self.engine.rules.max_token_len
        );
        let hint = form_hints::form(&self.facts);
        self.report
            .add("form", outcome, Some(found), || (expected, hint));
        if let Ok(token) = parsed {
            decoded_payload::with_buffer(|buffer| self.read(&token, signature, buffer));
        }
    }

    fn read(&mut self, token: &Compact<'_>, signature: Signature<'_>, buffer: &mut Vec<u8>) {
        let header = self.read_header(token);
        self.check_type();
        let key_id = header.as_ref().and_then(|header| header.key_id.as_deref());
        let payload = DecodedPayload::decode(token.payload, key_id, buffer);
        let payload = payload.ok_or(ErrorKind::MalformedToken.into());
        let claims = payload.and_then(|payload| Unverified::read(payload, &self.engine.rules));
        let outcome = claims.as_ref().map(|_| ()).map_err(Clone::clone);
        let claim = claims.as_ref().err().and_then(Error::claim);
        let found = claim.map(|claim| self.type_of_claim(claim));
        self.report.add("payload", outcome, found, || {
            let expected = format!(
                "one JSON object without duplicate names, claims of the right types, at most {} \
                 members (max_members)",
                self.engine.rules.max_members
            );
            let is_late = claim.is_some_and(|claim| times::is_in_milliseconds(&self.facts, claim));
            let hint = is_late.then(|| "the time must be in seconds, not in milliseconds".into());
            let hint = hint.or_else(|| audience_hints::invalid(&self.facts));
            (expected, hint.or_else(|| form_hints::part(&self.facts)))
        });
        let Ok(mut claims) = claims else {
            self.check_algorithm(header.as_ref(), self.issuers.algorithms());
            return;
        };
        let (named, algorithms) = self.find_issuer(&claims);
        // If only one issuer is configured, the other checks use it, whatever `iss` is.
        let other = claims.issuer().and_then(|_| self.issuers.sole());
        let issuer = named.as_ref().or(other);
        let algorithms = issuer.map_or(algorithms, |issuer| issuer.algorithms);
        self.check_algorithm(header.as_ref(), algorithms);
        if let Some(issuer) = issuer {
            self.check_subject(issuer, &mut claims);
            // A token that names an unknown issuer causes no fetch: its key is checked only if keys
            // are cached.
            let header = header.as_ref().filter(|header| {
                let source = issuer.source_for(header.algorithm);
                named.is_some() || source.current().is_some()
            });
            if let Some(header) = header {
                self.check_keys(token, header, issuer, claims.issuer(), signature);
            }
        }
        let issuer = issuer.map(|issuer| &**issuer);
        self.check_claims(&claims, token.header, issuer);
        if signature.needs_claims_type() {
            self.check_claims_type(&claims);
        }
    }

    fn read_header(&mut self, token: &Compact<'_>) -> Option<Header> {
        let max_members = self.engine.rules.max_members;
        let read = Header::read(token.header, max_members, |_, _| Ok(()));
        // An algorithm that this crate does not know is reported by the check of the algorithm.
        let outcome = match &read {
            Err(error) if error.kind() != ErrorKind::AlgorithmNotAllowed => Err(error.clone()),
            _ => Ok(()),
        };
        let found = format!("`kid` {}", shown(self.facts.header("kid")));
        self.report.add("header", outcome, Some(found), || {
            let expected = format!(
                "one JSON object with `alg`, without `crit`, `b64` and `zip`, at most {max_members} \
                 members (max_members)"
            );
            (expected, form_hints::part(&self.facts))
        });
        read.ok().map(|(header, ())| header)
    }

    fn type_of_claim(&self, claim: &str) -> String {
        let is_time = matches!(claim, "exp" | "nbf" | "iat");
        if is_time && !self.facts.is_readable() {
            return format!("`{claim}` a number that is out of range");
        }
        format!("`{claim}` {}", type_of(self.facts.claim(claim)))
    }

    fn check_algorithm(&mut self, header: Option<&Header>, allowed: AlgorithmSet) {
        if self.report.has_failed("header") {
            return;
        }
        let found = shown(self.facts.header("alg"));
        let is_allowed = header.is_some_and(|header| allowed.contains(header.algorithm));
        let outcome = ok_or(is_allowed, ErrorKind::AlgorithmNotAllowed);
        self.report.add("algorithm", outcome, Some(found), || {
            let names: Vec<_> = allowed.iter().map(Algorithm::name).collect();
            let has_secrets = allowed.iter().any(Algorithm::is_symmetric);
            if names.is_empty() {
                return ("none: no issuer is configured".to_owned(), None);
            }
            (names.join(", "), hints::algorithm(&self.facts, has_secrets))
        });
    }

    fn check_type(&mut self) {
        let rules = &self.engine.rules;
        let outcome = rules.check_type(self.facts.header_text("typ")).map(|_| ());
        let found = shown(self.facts.header("typ"));
        self.report.add("type", outcome, Some(found), || {
            let hint = hints::token_type(&self.facts, rules.rfc9068);
            (rules.expected_types(), hint)
        });
    }

    /// Returns the issuer of these claims, if it can have keys, and the algorithms of those that
    /// may be it.
    fn find_issuer(
        &mut self,
        claims: &Unverified<'_>,
    ) -> (Option<Arc<ConfiguredIssuer>>, AlgorithmSet) {
        let found = find(self.issuers, claims);
        let algorithms = match &found {
            Ok(Lookup::NewTenant(tenants)) => tenants.algorithms(),
            _ => self.issuers.algorithms(),
        };
        let outcome = match &found {
            Ok(Lookup::Unknown) => Err(ErrorKind::UnknownIssuer.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone()),
        };
        let name = match claims.issuer() {
            Some(name) => public(name),
            None => "none".to_owned(),
        };
        self.report.add("issuer", outcome, Some(name), || {
            let expected = quoted_list(self.issuers.names());
            (expected, differences::issuer(&self.facts, self.issuers))
        });
        (known(found), algorithms)
    }

    /// Checks that `sub` is a string, and applies the issuer's exceptions.
    fn check_subject(&mut self, issuer: &ConfiguredIssuer, claims: &mut Unverified<'_>) {
        let outcome = claims.complete(&issuer.name, issuer.exceptions);
        self.report.add("subject", outcome, None, || {
            let is_number = self.facts.claim("sub").is_some_and(Value::is_number);
            let hint = "use Issuer::allow_numeric_subject, if the issuer writes numbers";
            ("a string".to_owned(), is_number.then(|| hint.to_owned()))
        });
    }
}

fn ok_or(is_ok: bool, kind: ErrorKind) -> Result<(), Error> {
    if is_ok { Ok(()) } else { Err(kind.into()) }
}
