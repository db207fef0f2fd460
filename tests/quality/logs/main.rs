//! Log events: a missing layer is reported, and no event contains a part of a token.
//!
//! These tests run in a process of their own, with one global subscriber. `tracing` caches for all
//! threads whether an event is enabled, so subscribers of single threads would miss events.

mod audience;
mod binding;
mod client_certificates;
mod diagnosis;
#[cfg(unix)]
mod file_modes;
mod introspection;
mod invalid_request;
mod keys;
mod missing_token;
mod replay_store;
mod requirements;
mod resource_metadata;
mod revocations;
mod spans;
#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
mod troubleshooting;

use std::io::{self, Write};
use std::sync::{Mutex, Once};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::tonic::RequestExt as _;
use tower_jwt_auth::{Algorithm, Claims};

use crate::support::system_clock::{layer, request};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};

/// One test at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the log at every level, from now on.
fn capture() {
    static START: Once = Once::new();
    START.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Writer)
            .init();
    });
    LOG.lock().unwrap().clear();
}

fn text() -> String {
    String::from_utf8(LOG.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn a_missing_layer_is_named_in_the_log() {
    let _turn = TURN.lock().await;
    capture();
    let app = Router::new().route("/", get(|_: Claims| async {}));
    let _ = app
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await;
    assert!(
        text().contains("ERROR") && text().contains("JwtAuthLayer"),
        "{}",
        text()
    );
}

#[tokio::test]
async fn a_rejection_logs_its_kind_and_no_part_of_the_token() {
    let _turn = TURN.lock().await;
    capture();
    let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id("telltale-kid");
    let token = || {
        default_key()
            .token()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .subject("telltale-subject")
    };
    let tokens = [
        token().expired().sign(),
        token().audience("telltale-audience").sign(),
        token().issuer("https://telltale.example").sign(),
        token().header("typ", "telltale+jwt").sign(),
        token().header("alg", "telltale").sign(),
        unknown_key.token().issuer(ISSUER).sign(),
        "telltale.telltale.telltale".to_owned(),
        token().sign(),
    ];
    for token in &tokens {
        let inner = service_fn(|_: Request<String>| async {
            Ok::<_, io::Error>(http::Response::new(String::new()))
        });
        let response = layer()
            .layer(inner)
            .oneshot(request(Some(token)))
            .await
            .unwrap();
        let visible = format!("{response:?}");
        assert!(!visible.contains("telltale"), "{visible}");
    }
    let text = text();
    assert!(
        text.contains("request rejected error.type=\"expired\"")
            && text.contains("request rejected error.type=\"wrong_audience\""),
        "{text}"
    );
    // The target of the diagnosis shows some members of a token, and they only.
    let is_diagnosis = |line: &&str| line.contains("tower_jwt_auth::diagnosis");
    let (diagnoses, others): (Vec<_>, Vec<_>) = text.lines().partition(is_diagnosis);
    let (diagnoses, others) = (diagnoses.join("\n"), others.join("\n"));
    assert!(!others.contains("telltale"), "{others}");
    assert!(!diagnoses.contains("telltale-subject"), "{diagnoses}");
    for token in tokens.iter().filter(|token| token.starts_with("ey")) {
        let is_shown = |part| text.contains(part);
        assert!(
            !token.split('.').any(is_shown),
            "a part of a token is in the log"
        );
    }
}

#[test]
fn with_tonic_a_missing_layer_is_named_in_the_log() {
    // Each type is logged once a minute.
    struct Own;
    let _turn = TURN.blocking_lock();
    capture();
    let claims: Result<Claims<Own>, _> = tonic::Request::new(String::new()).claims();
    assert!(claims.is_err());
    assert!(
        text().contains("ERROR") && text().contains("JwtAuthLayer"),
        "{}",
        text()
    );
}
