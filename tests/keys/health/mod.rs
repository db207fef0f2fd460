//! Readiness, as data and as a service: a mock HTTP client and tokio's paused clock.

mod keys;
mod rules;
mod secrets;
mod service;
mod sources;

use tower_jwt_auth::{Authenticator, IssuerState, Readiness, ReadinessReasonKind, ReadyWhen};

use self::ReadinessReasonKind as Kind;

fn readiness(authenticator: &Authenticator) -> Readiness {
    authenticator.readiness(&ReadyWhen::AnyIssuer)
}

fn kinds(readiness: &Readiness) -> Vec<ReadinessReasonKind> {
    readiness.reasons.iter().map(|reason| reason.kind).collect()
}

fn states(readiness: &Readiness) -> Vec<IssuerState> {
    readiness
        .issuers
        .iter()
        .map(|issuer| issuer.state)
        .collect()
}
