//! The checks of one token, collected one by one.

use super::{DiagnosisCheck, DiagnosisStatus};
use crate::error::Error;

/// The names of the checks of verification, in the order of the report.
const NAMES: [&str; 17] = [
    "form",
    "header",
    "algorithm",
    "type",
    "payload",
    "issuer",
    "subject",
    "key",
    "signature",
    "expiry",
    "valid from",
    "purpose",
    "audience",
    "tenant",
    "access token",
    "binding",
    "claims",
];

#[derive(Default)]
pub(super) struct Report(Vec<DiagnosisCheck>);

impl Report {
    /// Adds the outcome of a check. `describe` returns what a failed one expected, and a hint.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        outcome: Result<(), Error>,
        found: Option<String>,
        describe: impl FnOnce() -> (String, Option<String>),
    ) {
        let mut check = DiagnosisCheck::new(name, DiagnosisStatus::Passed);
        check.found = found;
        if let Err(error) = outcome {
            let (expected, hint) = describe();
            check.status = DiagnosisStatus::Failed;
            check.expected = Some(expected).filter(|text| !text.is_empty());
            check.hint = hint;
            check.error = Some(error);
        }
        self.0.push(check);
    }

    pub(super) fn has_failed(&self, name: &str) -> bool {
        let mut checks = self.0.iter();
        checks.any(|check| check.name == name && check.error.is_some())
    }

    /// Returns the checks in their order, with those that were not run.
    pub(super) fn finish(mut self) -> Vec<DiagnosisCheck> {
        let take = |name| {
            let index = self.0.iter().position(|check| check.name == name);
            index.map_or_else(
                || DiagnosisCheck::new(name, DiagnosisStatus::NotRun),
                |index| self.0.swap_remove(index),
            )
        };
        NAMES.map(take).into()
    }
}

impl DiagnosisCheck {
    pub(crate) fn new(name: &'static str, status: DiagnosisStatus) -> Self {
        Self {
            name,
            status,
            found: None,
            expected: None,
            hint: None,
            error: None,
        }
    }

    /// Returns a check of which only the outcome is known.
    pub(crate) fn of(name: &'static str, outcome: Result<(), Error>) -> Self {
        let status = if outcome.is_ok() {
            DiagnosisStatus::Passed
        } else {
            DiagnosisStatus::Failed
        };
        Self {
            error: outcome.err(),
            ..Self::new(name, status)
        }
    }
}
