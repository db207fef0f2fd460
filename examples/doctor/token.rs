//! The report about the token.

use tower_jwt_auth::{Authenticator, Claims, DiagnosisCheck, DiagnosisStatus};

use crate::input;
use crate::options::Options;
use crate::output::Output;
use crate::recorder;

const MAY_BE_ID_TOKEN: &str = "\
    this may be an ID token: it has a claim that access tokens rarely have, and no scope; if it is \
    one, its audience is the client, and does not belong in a service";

pub(crate) async fn report(authenticator: &Authenticator, options: &Options, output: &mut Output) {
    let token = match input::read() {
        Ok(token) => token,
        Err(problem) => return output.failed(&problem, None),
    };
    let diagnosis = authenticator.diagnose(&token).await;
    // It may have fetched keys.
    recorder::end_progress();
    for check in diagnosis.checks() {
        report_check(check, output);
    }
    match diagnosis.error() {
        None => {
            output.verdict(true, "the token passes every check");
            let claims = authenticator.authenticate(&token).await;
            if !options.allows_id_tokens && claims.is_ok_and(|claims| may_be_id_token(&claims)) {
                output.note(MAY_BE_ID_TOKEN);
            }
        }
        Some(error) => {
            let text = format!("a request with this token is rejected: {error}");
            output.verdict(false, &text);
        }
    }
}

fn report_check(check: &DiagnosisCheck, output: &mut Output) {
    match check.status() {
        DiagnosisStatus::Passed => output.passed(&check.to_string()),
        DiagnosisStatus::Failed => {
            let found = check.found().map(|found| format!("found {found}"));
            let expected = check.expected().map(|text| format!("expected {text}"));
            let mut parts: Vec<_> = found.into_iter().chain(expected).collect();
            if parts.is_empty() {
                parts.extend(check.error().map(ToString::to_string));
            }
            let text = format!("{}: {}", check.name(), parts.join(", "));
            output.failed_check(&text, check.hint());
        }
        _ if check.name() == "access token" => output.note(NOT_REQUIRED),
        // The options have no tenants.
        _ if check.name() == "tenant" => {}
        _ => {
            let name = check.name();
            output.note(&format!(
                "{name}: not run, since it depends on a check that failed"
            ));
        }
    }
}

const NOT_REQUIRED: &str = "\
    access token (RFC 9068): not required; JwtAuthBuilder::access_tokens_only would require it";

/// Returns whether the claims are as those of an ID token. It is a guess: without a `typ` of their
/// own, nothing tells access tokens from them for certain.
fn may_be_id_token(claims: &Claims) -> bool {
    let has = |name: &&str| claims.get(name).is_some();
    let has_scope = ["scope", "scp", "roles", "permissions"].iter().any(has);
    let is_access = ["typ", "token_use"]
        .into_iter()
        .filter_map(|name| claims.get(name)?.as_str())
        .any(|value| matches!(value, "Bearer" | "access"));
    let of_ids = ["nonce", "at_hash", "c_hash", "s_hash", "sid"];
    !has_scope && !is_access && of_ids.iter().any(has)
}
