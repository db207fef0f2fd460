//! What is logged: that something is missing, never anything of a token.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Claims};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{AUDIENCE, ISSUER, key, layer, request};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Everything, at every level, that is logged while the guard lives.
    fn capture(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(self.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_forgotten_layer_is_named_in_the_log() {
    let log = Log::default();
    let guard = log.capture();
    let app = Router::new().route("/", get(|_: Claims| async {}));
    let _ = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await;
    drop(guard);
    assert!(log.text().contains("ERROR") && log.text().contains("JwtAuthLayer"), "{}", log.text());
}

#[tokio::test]
async fn a_refusal_logs_its_kind_and_nothing_of_the_token() {
    let log = Log::default();
    let guard = log.capture();
    let stranger = TestKey::generate(Algorithm::ES256).with_key_id("telltale-kid");
    let token = || key().token().issuer(ISSUER).audience(AUDIENCE).subject("telltale-subject");
    let tokens = [
        token().expired().sign(),
        token().audience("telltale-audience").sign(),
        token().issuer("https://telltale.example").sign(),
        token().header("typ", "telltale+jwt").sign(),
        token().header("alg", "telltale").sign(),
        stranger.token().issuer(ISSUER).sign(),
        "telltale.telltale.telltale".to_owned(),
        token().sign(),
    ];
    for token in &tokens {
        let inner = service_fn(|_: Request<String>| async { Ok::<_, io::Error>(http::Response::new(String::new())) });
        let response = layer().layer(inner).oneshot(request(Some(token))).await.unwrap();
        let visible = format!("{response:?}");
        assert!(!visible.contains("telltale"), "{visible}");
    }
    drop(guard);
    let text = log.text();
    assert!(text.contains("Expired") && text.contains("WrongAudience"), "{text}");
    for token in &tokens {
        assert!(token.split('.').all(|part| !text.contains(part)), "a part of a token is in the log");
    }
    assert!(!text.contains("telltale"), "{text}");
}
