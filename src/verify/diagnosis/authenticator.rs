//! The diagnosis of a token for tools.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::examination::Signature;
use super::{CheckStatus, DiagnosedCheck, Diagnosis};
use crate::error::Error;
use crate::policy::{Policy, Stage, Unchecked};
use crate::verify::authentication::verify;
use crate::verify::{Authenticator, Engine};

impl<C> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Returns the outcome of every check of a token, also of those after the first that fails.
    ///
    /// For tools and tests: it verifies the token twice. Keys are fetched as
    /// [`authenticate`](Self::authenticate) does, and for an issuer without cached keys even if the
    /// token is expired. Revocation, required scopes, predicates and each
    /// [`check`](crate::JwtAuthBuilder::check) run if the token is verified, without a request.
    /// Replays are not checked, so that the token does not count as used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_jwt_auth::Authenticator;
    /// async fn print_diagnosis(authenticator: &Authenticator, token: &str) {
    ///     let diagnosis = authenticator.diagnose(token).await;
    ///     for check in diagnosis.checks() {
    ///         println!("{:?} {check}", check.status());
    ///     }
    ///     match diagnosis.error() {
    ///         None => println!("a request with this token is accepted"),
    ///         Some(error) => println!("a request with this token is rejected: {error}"),
    ///     }
    /// }
    /// ```
    pub async fn diagnose(&self, token: &str) -> Diagnosis {
        let (engine, policy) = self.parts();
        let token = token.as_bytes();
        let progress = engine.verify(token, engine.now());
        let outcome = verify(engine, token, progress).await;
        fetch_missing_keys(engine, token).await;
        let mut checks = engine.run_each_check(token, engine.now(), Signature::Check);
        let error = match &outcome {
            Ok(verified) => add_policy(&mut checks, policy, verified, engine).await,
            Err(error) => {
                add_other_reason(&mut checks, error);
                let names = policy.stages().map(Stage::name);
                checks.extend(names.map(|name| DiagnosedCheck::new(name, CheckStatus::NotRun)));
                Some(error.clone())
            }
        };
        Diagnosis { checks, error }
    }
}

/// Fetches the keys of the issuer that a token names, if none are cached. Its limits are those of
/// every fetch.
async fn fetch_missing_keys<C>(engine: &Engine<C>, token: &[u8]) {
    if let Some(needs_keys) = engine.missing_keys(token) {
        // The check of the key says why it failed.
        let _ = needs_keys.refresh().await;
    }
}

/// Makes the check `claims` fail if no other check is the reason for the rejection.
fn add_other_reason(checks: &mut [DiagnosedCheck], error: &Error) {
    let mut errors = checks.iter().filter_map(DiagnosedCheck::error);
    let is_known = errors.any(|other| other.kind() == error.kind());
    let claims = checks.iter_mut().find(|check| check.name() == "claims");
    if let Some(check) = claims.filter(|_| !is_known) {
        *check = DiagnosedCheck::of("claims", Err(error.clone()));
    }
}

/// Adds the checks of the policy. Returns the error of the first one that fails.
async fn add_policy<C: 'static>(
    checks: &mut Vec<DiagnosedCheck>,
    policy: &Arc<Policy<C>>,
    verified: &Unchecked<C>,
    engine: &Engine<C>,
) -> Option<Error> {
    let outcomes = policy.run_each(verified, engine.now()).await;
    let first = outcomes
        .iter()
        .find_map(|(_, outcome)| outcome.clone().err());
    let named = outcomes
        .into_iter()
        .map(|(stage, outcome)| (stage.name(), outcome));
    checks.extend(named.map(|(name, outcome)| DiagnosedCheck::of(name, outcome)));
    first
}
