//! Logging the diagnosis of a rejected token.

use std::time::Duration;

use super::DiagnosisCheck;
use super::examination::Signature;
use crate::error::Error;
use crate::trace;
use crate::verify::Engine;

/// Logs why a token was rejected, at debug. `now` is the time since 1970 of its verification.
pub(in crate::verify) fn log<C>(engine: &Engine<C>, token: &[u8], error: &Error, now: Duration) {
    if !trace::is_diagnosis_enabled() {
        return;
    }
    let checks = engine.run_each_check(token, now, Signature::As(error));
    let is_cause = |check: &&DiagnosisCheck| {
        let error_of_check = check.error.as_ref();
        error_of_check.is_some_and(|other| other.kind() == error.kind())
    };
    match checks.iter().find(is_cause) {
        Some(check) => trace::diagnosed(error, check),
        None => trace::diagnosed(error, &DiagnosisCheck::of("token", Err(error.clone()))),
    }
}
