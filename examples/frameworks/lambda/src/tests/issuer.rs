//! An issuer without sockets, which a paused clock needs.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, HttpClient};

/// How the issuer responds.
#[derive(Clone, Copy)]
pub(super) enum Mood {
    Healthy,
    Failing,
    /// Never, as on a connection that has ended while the process was frozen.
    Silent,
}

#[derive(Clone)]
pub(super) struct Issuer(Arc<Mutex<State>>);

struct State {
    key: TestKey,
    mood: Mood,
    fetches: usize,
}

impl Issuer {
    pub(super) const NAME: &str = "https://login.example.com/";
    pub(super) const JWKS_URI: &str = "https://login.example.com/jwks";
    /// How long the keys are fresh, in seconds.
    pub(super) const MAX_AGE: u64 = 300;

    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            key: TestKey::generate(Algorithm::ES256),
            mood: Mood::Healthy,
            fetches: 0,
        })))
    }

    pub(super) fn key(&self) -> TestKey {
        self.0.lock().unwrap().key.clone()
    }

    /// Replaces the key.
    pub(super) fn rotate(&self) {
        self.0.lock().unwrap().key = TestKey::generate(Algorithm::ES256);
    }

    pub(super) fn set_mood(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    pub(super) fn fetches(&self) -> usize {
        self.0.lock().unwrap().fetches
    }

    pub(super) fn client(&self) -> HttpClient {
        let issuer = self.clone();
        HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
            let issuer = issuer.clone();
            async move { Ok::<_, Infallible>(issuer.respond().await) }
        }))
    }

    async fn respond(&self) -> Response<Full<Bytes>> {
        let (mood, keys) = {
            let mut state = self.0.lock().unwrap();
            state.fetches += 1;
            (state.mood, json!({"keys": [state.key.jwk()]}))
        };
        let (status, body) = match mood {
            Mood::Healthy => (StatusCode::OK, keys.to_string()),
            Mood::Failing => (StatusCode::BAD_GATEWAY, String::new()),
            Mood::Silent => return pending().await,
        };
        Response::builder()
            .status(status)
            .header("cache-control", format!("max-age={}", Self::MAX_AGE))
            .body(Full::from(body))
            .unwrap()
    }
}
