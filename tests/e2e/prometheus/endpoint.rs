//! An introspection endpoint, for which every token is active, and which fails on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(crate) struct Endpoint {
    pub(crate) url: String,
    fails: Arc<AtomicBool>,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let fails = Arc::new(AtomicBool::new(false));
        let state = Arc::clone(&fails);
        let answer = move || {
            let fails = state.load(Ordering::Relaxed);
            async move { answer(fails) }
        };
        let app = Router::new().route("/introspect", post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async { axum::serve(listener, app).await });
        Self {
            url: format!("http://{address}/introspect"),
            fails,
        }
    }

    pub(crate) fn set_fails(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }
}

fn answer(fails: bool) -> Result<Json<Value>, StatusCode> {
    if fails {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let exp = now.expect("after 1970").as_secs() + 600;
    let aud = "https://api.example";
    Ok(Json(
        json!({"active": true, "sub": "carol", "aud": aud, "exp": exp}),
    ))
}
