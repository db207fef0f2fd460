//! The checks of a token that its issuer is asked about. Nothing of the token or the answer is
//! shown but the token's length.

use serde::de::DeserializeOwned;

use super::{DiagnosisCheck, DiagnosisStatus};
use crate::error::{Error, ErrorKind};
use crate::verify::Engine;

const EXPECTED: &str = "a token of the configured token_prefix and token_len, at most \
                        max_token_len long; in the form of a JWT, with the `typ` of an access token";
const INACTIVE: &str = "the issuer does not know it, or it has expired or was revoked; or the \
                        issuer does not let this service introspect it";

impl<C: DeserializeOwned + 'static> Engine<C> {
    /// Returns the checks of a token that was introspected, with this outcome. `None` if it is
    /// verified with keys.
    pub(super) fn introspected_checks(
        &self,
        token: &[u8],
        error: Option<&Error>,
    ) -> Option<Vec<DiagnosisCheck>> {
        let issuers = self.issuers.load();
        let (_, introspector) = issuers.to_ask(token)?;
        let has_form = self.check_introspected_form(introspector, token);
        let not_run = |name| DiagnosisCheck::new(name, DiagnosisStatus::NotRun);
        let mut form = DiagnosisCheck::of("form", has_form);
        form.found = Some(format!("a token to introspect, {} bytes", token.len()));
        if form.error.is_some() {
            form.expected = Some(EXPECTED.to_owned());
            return Some(vec![form, not_run("introspection"), not_run("claims")]);
        }
        let of_answer = error.filter(|error| is_of_answer(error.kind()));
        let of_claims = error.filter(|error| !is_of_answer(error.kind()));
        let outcome = |error: Option<&Error>| error.map_or(Ok(()), |error| Err(error.clone()));
        let mut answer = DiagnosisCheck::of("introspection", outcome(of_answer));
        let claims = if of_answer.is_some() {
            not_run("claims")
        } else {
            DiagnosisCheck::of("claims", outcome(of_claims))
        };
        if of_answer.is_some_and(|error| error.kind() == ErrorKind::Inactive) {
            answer.hint = Some(INACTIVE.to_owned());
        }
        Some(vec![form, answer, claims])
    }
}

fn is_of_answer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Inactive | ErrorKind::IntrospectionUnavailable
    )
}
