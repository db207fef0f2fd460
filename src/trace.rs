//! Log events, with feature `tracing`; without it these functions do nothing.
//!
//! No event holds a token, a secret or the value of a claim, except for the name of a configured
//! issuer or of an allowed tenant. Those under the target `tower_jwt_auth::diagnosis` show claims
//! that are neither secret nor personal.

#[cfg(feature = "tracing")]
mod events;
#[cfg(feature = "tracing")]
mod limit;
#[cfg(all(feature = "tracing", feature = "redis"))]
mod redis_events;
#[cfg(not(feature = "tracing"))]
mod silent;
#[cfg(all(not(feature = "tracing"), feature = "redis"))]
mod silent_redis;
#[cfg(feature = "tracing")]
mod state_events;

use crate::error::Error;

#[cfg(all(feature = "tracing", feature = "redis"))]
pub(crate) use self::redis_events::*;
#[cfg(not(feature = "tracing"))]
pub(crate) use self::silent::*;
#[cfg(all(not(feature = "tracing"), feature = "redis"))]
pub(crate) use self::silent_redis::*;
#[cfg(feature = "tracing")]
pub(crate) use self::{events::*, limit::LogLimit, state_events::*};

/// Logs which of the scopes that `error` names are missing, at debug. `expected` says how many of
/// them are required. Shows what is configured, and nothing of the token.
pub(crate) fn scopes_missing(error: &Error, expected: &str, has: impl Fn(&str) -> bool) {
    let Some(required) = error.required_scope().filter(|_| is_diagnosis_enabled()) else {
        return;
    };
    let missing: Vec<_> = required.split(' ').filter(|scope| !has(scope)).collect();
    let missing = missing.join(" ");
    let hint = "have the client request what is missing";
    let text = format!("scopes: expected {expected} {required:?}, missing {missing:?}");
    diagnosed(error, &format!("{text} (hint: {hint})"));
}

/// Logs the authentication of the user that a request needs, at debug. Shows what is configured,
/// and nothing of the token.
#[cfg(feature = "axum")]
pub(crate) fn authentication_missing(error: &Error) {
    if !is_diagnosis_enabled() {
        return;
    }
    let acr = error.acr_values();
    let acr = acr.map(|values| format!("`acr` one of {values:?}"));
    let age = error.max_age();
    let age = age.map(|age| format!("`auth_time` at most {} s ago", age.as_secs()));
    let expected: Vec<_> = acr.into_iter().chain(age).collect();
    let text = format!("authentication: expected {}", expected.join(", "));
    diagnosed(error, &text);
}
