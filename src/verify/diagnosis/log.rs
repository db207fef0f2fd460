//! Logging the diagnosis of a rejected token.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::DiagnosisCheck;
use super::examination::Signature;
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

/// Logs that a verified token lacks a scope of the issuer's audience, at debug, with what the
/// examination of the token tells.
pub(in crate::verify) fn log_audience_scope<C: DeserializeOwned + 'static>(
    engine: &Engine<C>,
    token: &[u8],
    error: &Error,
    now: Duration,
) {
    if !trace::is_diagnosis_enabled() {
        return;
    }
    let checks = engine.run_each_check(token, now, Signature::As(error));
    let mut failed = checks.iter().filter(|check| check.error.is_some());
    match failed.find(|check| check.name == "audience") {
        Some(check) => trace::diagnosed(error, check),
        None => log_scope(error),
    }
}

/// The same, without the token.
pub(in crate::verify) fn log_scope(error: &Error) {
    // The error names one scope, which is missing.
    trace::scopes_missing(error, "all of", |_| false);
}

/// Logs why the policy rejected a verified token, at debug.
pub(in crate::verify) fn log_policy(error: &Error) {
    // The policy itself has logged what the claims lack.
    if error.is_diagnosed() || !trace::is_diagnosis_enabled() {
        return;
    }
    if error.kind() == ErrorKind::InvalidDpopProof {
        trace::diagnosed(error, &"binding: the proof was used before");
    } else {
        trace::diagnosed(error, &format!("policy: {error}"));
    }
}
