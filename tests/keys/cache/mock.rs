//! An issuer without sockets, for the paused clock.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, HttpClient, Issuer, JwksCacheSettings,
    JwtAuthBuilder,
};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const JWKS_URI: &str = "https://issuer.example/jwks";

/// The issuer's response.
#[derive(Clone)]
pub(crate) enum Answer {
    /// With its current keys.
    Keys,
    Status(u16),
    Body(&'static str),
    Unreachable,
    Hang,
}

#[derive(Clone)]
pub(crate) struct Mock {
    state: Arc<Mutex<State>>,
}

struct State {
    keys: Vec<TestKey>,
    answer: Answer,
    delay: Duration,
    headers: HeaderMap,
    /// The `max-age` of the last response.
    sent_max_age: Duration,
    /// URLs that never respond.
    silent: Vec<String>,
    /// Response bodies by URL, instead of the key set.
    pages: HashMap<String, String>,
    fetches: Vec<(String, HeaderMap, Instant)>,
}

impl Mock {
    pub(crate) fn new() -> Self {
        let state = State {
            keys: vec![TestKey::generate(Algorithm::ES256)],
            answer: Answer::Keys,
            delay: Duration::ZERO,
            headers: HeaderMap::new(),
            sent_max_age: Duration::ZERO,
            silent: Vec::new(),
            pages: HashMap::new(),
            fetches: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap())
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.with(|state| state.answer = answer);
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.with(|state| state.delay = delay);
    }

    pub(crate) fn header(&self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).unwrap();
        self.with(|state| state.headers.insert(HeaderName::from_static(name), value));
    }

    /// Returns the `max-age` of the last response.
    pub(crate) fn sent_max_age(&self) -> Duration {
        self.with(|state| state.sent_max_age)
    }

    pub(crate) fn page(&self, url: &str, body: impl Into<String>) {
        self.with(|state| state.pages.insert(url.to_owned(), body.into()));
    }

    pub(crate) fn silence(&self, url: &str) {
        self.with(|state| state.silent.push(url.to_owned()));
    }

    pub(crate) fn fetches(&self) -> usize {
        self.with(|state| state.fetches.len())
    }

    /// Returns the times of the fetches, without those of the first ones.
    pub(crate) fn fetch_times(&self, without: usize) -> Vec<Instant> {
        self.with(|state| {
            state
                .fetches
                .iter()
                .skip(without)
                .map(|(_, _, time)| *time)
                .collect()
        })
    }

    pub(crate) fn fetched(&self) -> Vec<String> {
        self.with(|state| state.fetches.iter().map(|(url, ..)| url.clone()).collect())
    }

    pub(crate) fn last_headers(&self) -> HeaderMap {
        self.with(|state| state.fetches.last().unwrap().1.clone())
    }

    /// Replaces all published keys with a new one.
    pub(crate) fn rotate(&self) {
        self.with(|state| state.keys = vec![TestKey::generate(Algorithm::ES256)]);
    }

    /// Publishes another key, which signs from now on.
    pub(crate) fn add_key(&self) {
        self.with(|state| state.keys.insert(0, TestKey::generate(Algorithm::ES256)));
    }

    /// Replaces all published keys with another key of the same id.
    pub(crate) fn replace_key(&self) {
        self.with(|state| {
            let id = state.keys[0].key_id().to_owned();
            state.keys = vec![TestKey::generate(Algorithm::ES256).with_key_id(id)];
        });
    }

    /// Returns the id of the key that signs.
    pub(crate) fn key_id(&self) -> String {
        self.with(|state| state.keys[0].key_id().to_owned())
    }

    /// Returns the ids of the published keys.
    pub(crate) fn published(&self) -> Vec<String> {
        self.with(|state| {
            state
                .keys
                .iter()
                .map(|key| key.key_id().to_owned())
                .collect()
        })
    }

    /// Removes all published keys but the newest `max`.
    pub(crate) fn keep_keys(&self, max: usize) {
        self.with(|state| state.keys.truncate(max));
    }

    /// Returns a valid token with a lifetime of thirty days.
    pub(crate) fn token(&self) -> String {
        let key = self.with(|state| state.keys[0].clone());
        let day = Duration::from_secs(24 * 60 * 60);
        key.token()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .expires_in(day * 30)
            .sign()
    }

    /// Returns a well-formed token of a new key that is not published.
    pub(crate) fn unknown_key_token() -> String {
        TestKey::generate(Algorithm::ES256)
            .token()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .sign()
    }

    pub(crate) fn client(&self) -> HttpClient {
        let mock = self.clone();
        HttpClient::new(tower::service_fn(move |request: Request<Full<Bytes>>| {
            let mock = mock.clone();
            async move { mock.respond(request).await }
        }))
    }

    async fn respond(&self, request: Request<Full<Bytes>>) -> io::Result<Response<Full<Bytes>>> {
        let url = request.uri().to_string();
        let (answer, delay) = self.with(|state| {
            state
                .fetches
                .push((url.clone(), request.headers().clone(), Instant::now()));
            let silent = state.silent.contains(&url);
            (
                if silent {
                    Answer::Hang
                } else {
                    state.answer.clone()
                },
                state.delay,
            )
        });
        sleep(delay).await;
        match answer {
            Answer::Hang => std::future::pending().await,
            Answer::Unreachable => Err(io::ErrorKind::ConnectionRefused.into()),
            Answer::Status(status) => {
                Ok(self.response(StatusCode::from_u16(status).unwrap(), String::new()))
            }
            Answer::Body(body) => Ok(self.response(StatusCode::OK, body.to_owned())),
            Answer::Keys => Ok(self.content(&url, request.headers())),
        }
    }

    fn content(&self, url: &str, request_headers: &HeaderMap) -> Response<Full<Bytes>> {
        let etag = self.with(|state| state.headers.get("etag").cloned());
        if etag.is_some() && request_headers.get("if-none-match") == etag.as_ref() {
            return self.response(StatusCode::NOT_MODIFIED, String::new());
        }
        let page = self.with(|state| state.pages.get(url).cloned());
        if page.is_none() && url.contains("/.well-known/") {
            return self.response(StatusCode::NOT_FOUND, String::new());
        }
        self.response(StatusCode::OK, page.unwrap_or_else(|| self.jwks()))
    }

    /// Returns the key set as JSON.
    pub(crate) fn jwks(&self) -> String {
        self.with(|state| json!({"keys": state.keys.iter().map(TestKey::jwk).collect::<Vec<_>>()}))
            .to_string()
    }

    fn response(&self, status: StatusCode, body: String) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = self.with(|state| state.headers.clone());
        let max_age = response
            .headers()
            .get("cache-control")
            .and_then(|value| value.to_str().ok()?.strip_prefix("max-age="));
        let max_age = max_age.and_then(|seconds| seconds.parse().ok());
        let max_age = Duration::from_secs(max_age.unwrap_or_default());
        self.with(|state| state.sent_max_age = max_age);
        response
    }

    pub(crate) fn builder(&self, settings: JwksCacheSettings) -> JwtAuthBuilder {
        let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
            .http_client(self.client())
            .jwks_cache(settings);
        Authenticator::builder(issuer)
    }

    pub(crate) fn authenticator(&self) -> Authenticator {
        self.builder(JwksCacheSettings::default())
            .build_authenticator()
            .unwrap()
    }
}

/// Returns the kind of the error, or `None` if the token was accepted.
pub(crate) fn kind(outcome: Result<Claims, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

pub(crate) async fn minutes(minutes: u64) {
    sleep(Duration::from_secs(60 * minutes)).await;
}
