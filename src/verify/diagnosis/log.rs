//! Logging the diagnosis of a rejected token.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::DiagnosisCheck;
use super::examination::Signature;
use super::quoted::quoted;
use crate::error::{Error, ErrorKind};
use crate::policy::UnprovenBinding;
use crate::trace;
use crate::verify::Engine;

/// Logs why a token was rejected, at debug. `now` returns the time since 1970 of its
/// verification.
pub(in crate::verify) fn log<C: DeserializeOwned + 'static>(
    engine: &Engine<C>,
    token: &[u8],
    error: &Error,
    now: impl FnOnce() -> Duration,
) {
    // The layer rejects two headers that were joined by a comma as an invalid request.
    if !trace::is_diagnosis_enabled() || token.contains(&b',') {
        return;
    }
    let introspected = engine.introspected_checks(token, Some(error));
    let checks =
        introspected.unwrap_or_else(|| engine.run_each_check(token, now(), Signature::As(error)));
    let is_cause = |check: &&DiagnosisCheck| {
        let error_of_check = check.error.as_ref();
        error_of_check.is_some_and(|other| other.kind() == error.kind())
    };
    match checks.iter().find(is_cause) {
        Some(check) => trace::diagnosed(error, check),
        None => trace::diagnosed(error, &DiagnosisCheck::of("token", Err(error.clone()))),
    }
}

/// Logs why the binding of a verified token is not proven, at debug. Returns the error.
pub(in crate::verify) fn log_binding(unproven: UnprovenBinding) -> Error {
    if trace::is_diagnosis_enabled() {
        let reason = unproven.reason;
        trace::diagnosed(&unproven.error, &format!("binding: {reason}"));
    }
    *unproven.error
}

/// Logs which check of the policy rejected a verified token, at debug. A scope of the audience is
/// one that only the examination of the token tells from others.
pub(in crate::verify) fn log_of_policy<C: DeserializeOwned + 'static>(
    engine: &Engine<C>,
    token: &[u8],
    error: &Error,
    now: Duration,
) {
    if error.required_scope().is_none() || !trace::is_diagnosis_enabled() {
        return log_policy(error);
    }
    let checks = engine.run_each_check(token, now, Signature::As(error));
    let mut failed = checks.iter().filter(|check| check.error.is_some());
    match failed.find(|check| check.name == "audience") {
        Some(check) => trace::diagnosed(error, check),
        None => log_policy(error),
    }
}

/// Logs which check of the policy rejected a verified token, at debug.
pub(in crate::verify) fn log_policy(error: &Error) {
    if !trace::is_diagnosis_enabled() {
        return;
    }
    match error.required_scope() {
        Some(scopes) => {
            let scopes = quoted(scopes);
            let hint = "have the client request what is missing of them";
            trace::diagnosed(error, &format!("scopes: expected {scopes} (hint: {hint})"));
        }
        None if error.kind() == ErrorKind::InvalidDpopProof => {
            trace::diagnosed(error, &"binding: the proof was used before");
        }
        None => trace::diagnosed(error, &format!("policy: {error}")),
    }
}
