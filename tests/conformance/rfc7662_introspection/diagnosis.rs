//! Diagnoses of introspected tokens: why they are rejected, and nothing of token or answer.

use serde_json::json;
use tower_jwt_auth::{DiagnosisStatus, ErrorKind, IntrospectionSettings};

use super::endpoint::{Act, Endpoint, SECRET, active};
use crate::support::tokio;

async fn statuses(
    endpoint: &Endpoint,
    token: &str,
) -> (Vec<(String, DiagnosisStatus)>, Option<ErrorKind>) {
    let settings = IntrospectionSettings::default().token_prefix("t_");
    let authenticator = endpoint.layer_with(settings).authenticator().clone();
    let diagnosis = authenticator.diagnose(token).await;
    let shown = format!("{diagnosis} {diagnosis:?}");
    for secret in [SECRET, "telltale", "alice", "s3cr3t"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let checks = diagnosis.checks().iter();
    let checks = checks.map(|check| (check.name().to_owned(), check.status()));
    (
        checks.collect(),
        diagnosis.error().map(tower_jwt_auth::Error::kind),
    )
}

#[tokio::test(start_paused = true)]
async fn each_check_has_its_outcome() {
    use DiagnosisStatus::{Failed, NotRun, Passed};
    let cases = [
        (
            Act::Body(active(json!({})).to_string()),
            "t_s3cr3t",
            [Passed, Passed, Passed],
            None,
        ),
        (
            Act::Body(active(json!({"aud": "telltale"})).to_string()),
            "t_s3cr3t",
            [Passed, Passed, Failed],
            Some(ErrorKind::WrongAudience),
        ),
        (
            Act::Body(json!({"active": false}).to_string()),
            "t_s3cr3t",
            [Passed, Failed, NotRun],
            Some(ErrorKind::Inactive),
        ),
        (
            Act::Status(500),
            "t_s3cr3t",
            [Passed, Failed, NotRun],
            Some(ErrorKind::IntrospectionUnavailable),
        ),
        (
            Act::Status(500),
            &format!("t_{}", "s3cr3t".repeat(5000)),
            [Failed, NotRun, NotRun],
            Some(ErrorKind::TokenTooLarge),
        ),
    ];
    for (act, token, expected, error) in cases {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        let (checks, kind) = statuses(&endpoint, token).await;
        let names = ["form", "introspection", "claims"].map(ToOwned::to_owned);
        let expected: Vec<_> = names.into_iter().zip(expected).collect();
        assert_eq!((checks, kind), (expected, error));
    }
}
