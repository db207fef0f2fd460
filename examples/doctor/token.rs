//! The report about the token.

use std::io::{self, IsTerminal as _, Read as _};

use tower_jwt_auth::{Authenticator, DiagnosisCheck, DiagnosisStatus};

use crate::output::Output;

/// More than any token that the default settings accept.
const MAX_INPUT_LEN: u64 = 64 * 1024;

pub(crate) async fn report(authenticator: &Authenticator, output: &mut Output) {
    let token = match read() {
        Ok(token) if !token.is_empty() => token,
        Ok(_) => return output.failed("standard input has no token", None),
        Err(error) => return output.failed(&format!("standard input: {error}"), None),
    };
    let diagnosis = authenticator.diagnose(&token).await;
    for check in diagnosis.checks() {
        report_check(check, output);
    }
    match diagnosis.error() {
        None => output.passed("the token passes every check"),
        Some(error) => output.failed(
            &format!("a request with this token is rejected: {error}"),
            None,
        ),
    }
}

fn read() -> io::Result<String> {
    let stdin = io::stdin();
    let mut input = String::new();
    if stdin.is_terminal() {
        eprintln!("paste the token, and press Enter:");
        stdin.read_line(&mut input)?;
    } else {
        stdin.take(MAX_INPUT_LEN).read_to_string(&mut input)?;
    }
    Ok(input.trim().to_owned())
}

fn report_check(check: &DiagnosisCheck, output: &mut Output) {
    match check.status() {
        DiagnosisStatus::Passed => output.passed(&check.to_string()),
        DiagnosisStatus::Failed => {
            let found = check.found().map(|found| format!(": found {found}"));
            let expected = check
                .expected()
                .map(|expected| format!(", expected {expected}"));
            let parts = [Some(check.name().to_owned()), found, expected];
            let text: String = parts.into_iter().flatten().collect();
            output.failed_check(&text, check.hint());
        }
        _ => output.note(&format!("{}: not run", check.name())),
    }
}
