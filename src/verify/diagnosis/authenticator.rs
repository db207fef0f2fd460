//! The diagnosis of a token for tools.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::examination::Signature;
use super::{Diagnosis, DiagnosisCheck, DiagnosisStatus};
use crate::error::Error;
use crate::policy::{Policy, Stage, Unchecked};
use crate::verify::authentication::verify;
use crate::verify::{Authenticator, Engine};

impl<C> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Returns the outcome of every check of a token. Runs every check, also those after the first
    /// that fails, unless they depend on it.
    ///
    /// For tools and tests: the token is verified more than once. Keys are fetched as
    /// [`authenticate`](Self::authenticate) does. For an issuer without cached keys they are also
    /// fetched for a token whose signature need not be checked, such as an expired one, except for
    /// a tenant whose keys are not cached. Revocation, required scopes, predicates and each
    /// [`check`](crate::JwtAuthBuilder::check) run if the token is verified, without a request. Of
    /// the check `single use`, only the presence of `jti` is checked, so that the token does not
    /// count as used: a request with a used one is rejected. Of the check `binding`, only whether
    /// the layer can check it: a request must prove it. A token that is
    /// [introspected](crate::Issuer::introspection) has the checks `form`, `introspection` and
    /// `claims` in place of those of a JWT, which show nothing of the response.
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
    ///         None => println!("the token passes every check"),
    ///         Some(error) => println!("a request with this token is rejected: {error}"),
    ///     }
    /// }
    /// ```
    pub async fn diagnose(&self, token: &str) -> Diagnosis {
        let (engine, policy) = self.parts();
        let token = token.as_bytes();
        // One time for all checks, so that they agree.
        let now = engine.now();
        let progress = engine.verify_unobserved(token, now);
        let outcome = verify(engine, token, progress, move |_| now).await;
        let introspected = engine.introspected_checks(token, outcome.as_ref().err());
        let mut checks = if let Some(checks) = introspected {
            checks
        } else {
            fetch_missing_keys(engine, token).await;
            engine.run_each_check(token, now, Signature::Check)
        };
        let error = match &outcome {
            Ok(verified) => add_policy(&mut checks, policy, verified, now).await,
            Err(error) => {
                add_other_reason(&mut checks, error);
                let names = policy.stages().map(Stage::name);
                checks.extend(names.map(|name| DiagnosisCheck::new(name, DiagnosisStatus::NotRun)));
                Some(error.clone())
            }
        };
        Diagnosis { checks, error }
    }
}

/// Fetches the keys of the issuer that a token names, if none are cached. The limits of every fetch
/// apply.
async fn fetch_missing_keys<C>(engine: &Engine<C>, token: &[u8]) {
    if let Some(needs_keys) = engine.missing_keys(token) {
        // The check of the key says why it failed.
        let _ = needs_keys.refresh().await;
    }
}

/// Makes the check `claims` fail if no other check is the reason for the rejection.
fn add_other_reason(checks: &mut [DiagnosisCheck], error: &Error) {
    let mut errors = checks.iter().filter_map(DiagnosisCheck::error);
    let is_known = errors.any(|other| other.kind() == error.kind());
    let claims = checks.iter_mut().find(|check| check.name() == "claims");
    if let Some(check) = claims.filter(|_| !is_known) {
        *check = DiagnosisCheck::of("claims", Err(error.clone()));
    }
}

/// Adds the checks of the policy. Returns the error of the first one that fails.
async fn add_policy<C: 'static>(
    checks: &mut Vec<DiagnosisCheck>,
    policy: &Arc<Policy<C>>,
    verified: &Unchecked<C>,
    now: Duration,
) -> Option<Error> {
    let outcomes = policy.run_each(verified, now).await;
    let of_binding = policy.check_binding(verified).err();
    let first = outcomes
        .iter()
        .find_map(|(_, outcome)| outcome.clone().err());
    let named = outcomes
        .into_iter()
        .map(|(stage, outcome)| (stage.name(), outcome));
    checks.extend(named.map(|(name, outcome)| DiagnosisCheck::of(name, outcome)));
    let of_audience = verified.check_audience_scopes().err();
    of_binding.or(of_audience).or(first)
}
