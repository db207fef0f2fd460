//! Events about introspection: at which level, and nothing of token, credentials or answer.

use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::{Authenticator, HttpClient, IntrospectionCredentials, Issuer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER};
use crate::{TURN, capture, text};

const URL: &str = "https://issuer.example/introspect";

fn authenticator(status: u16, answer: &str) -> Authenticator {
    let answer = answer.to_owned();
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::<Bytes>::from(answer.clone()));
        *response.status_mut() = status.try_into().unwrap();
        async { Ok::<_, io::Error>(response) }
    }));
    let credentials = IntrospectionCredentials::client_secret_post("me", "telltale-secret");
    let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE).http_client(client);
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

#[tokio::test]
async fn rejected_credentials_are_an_error_and_other_failures_are_warnings() {
    let _turn = TURN.lock().await;
    for (status, level, says) in [
        (401, "ERROR", "rejects the credentials of this service"),
        (403, "ERROR", "rejects the credentials of this service"),
        (500, "WARN", "introspecting a token failed"),
        (200, "WARN", "introspecting a token failed"),
    ] {
        let authenticator = authenticator(status, "telltale-answer");
        capture();
        assert!(authenticator.authenticate("telltale-token").await.is_err());
        let text = text();
        let is_expected = |line: &&str| line.contains(level) && line.contains(says);
        assert_eq!(text.lines().filter(is_expected).count(), 1, "{text}");
        assert!(
            text.contains(ISSUER) && !text.contains("telltale"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_diagnosis_shows_nothing_of_token_and_answer() {
    let _turn = TURN.lock().await;
    let exp = 4_000_000_000_u64;
    for (answer, says) in [
        (json!({"active": false, "sub": "telltale"}), "introspection"),
        (
            json!({"active": true, "sub": "telltale", "exp": 1}),
            "claims",
        ),
        (
            json!({"active": true, "exp": exp, "aud": "telltale"}),
            "claims",
        ),
    ] {
        let authenticator = authenticator(200, &answer.to_string());
        capture();
        assert!(authenticator.authenticate("telltale-token").await.is_err());
        let text = text();
        let is_diagnosis =
            |line: &&str| line.contains("tower_jwt_auth::diagnosis") && line.contains(says);
        assert_eq!(text.lines().filter(is_diagnosis).count(), 1, "{text}");
        assert!(!text.contains("telltale"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_ten_minutes_are_logged_once_a_minute_with_the_number_of_the_others() {
    let _turn = TURN.lock().await;
    for (status, level) in [(401, "ERROR"), (500, "WARN")] {
        let authenticator = authenticator(status, "an answer");
        capture();
        for second in 0..600 {
            let token = format!("token-{second}");
            assert!(authenticator.authenticate(&token).await.is_err());
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        let text = text();
        let lines: Vec<_> = text.lines().filter(|line| line.contains(level)).collect();
        assert!((9..=10).contains(&lines.len()), "{lines:#?}");
        assert!(!lines[0].contains("suppressed="), "{lines:#?}");
        let is_counted = |line: &&str| line.contains("suppressed=");
        assert!(lines[1..].iter().all(is_counted), "{lines:#?}");
    }
}
