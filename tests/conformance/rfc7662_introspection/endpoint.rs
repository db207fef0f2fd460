//! An introspection endpoint without sockets, for the paused clock.

#![expect(
    clippy::needless_pass_by_value,
    reason = "answers are written where they are passed"
)]

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::time::sleep;
use tower_jwt_auth::{
    HttpClient, IntrospectionCredentials, IntrospectionSettings, Issuer, JwtAuthBuilder,
    JwtAuthLayer,
};

use crate::support::{AUDIENCE, ISSUER, NOW, builder_for};

pub(crate) const URL: &str = "https://issuer.example/introspect";
pub(crate) const SECRET: &str = "telltale-client-secret";

/// What the endpoint does.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers with 200.
    Body(String),
    Status(u16),
    Unreachable,
    Hang,
    Panic,
}

#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

struct State {
    act: Act,
    /// By token, in place of `act`.
    of_token: HashMap<String, Act>,
    /// By URL, in place of the rest.
    pages: HashMap<String, String>,
    headers: HeaderMap,
    delay: Duration,
    asked: Vec<Asked>,
    in_flight: usize,
    max_in_flight: usize,
}

#[derive(Clone)]
pub(crate) struct Endpoint(Arc<Mutex<State>>);

/// Returns the claims of an active token, with these replaced. `null` removes one.
pub(crate) fn active(changes: Value) -> Value {
    let mut answer = json!({
        "active": true, "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "scope": "read write",
        "client_id": "app", "token_type": "Bearer", "username": "alice@example", "iat": NOW,
        "exp": NOW + 300,
    });
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    for (name, value) in changes {
        match value {
            Value::Null => answer.as_object_mut().unwrap().remove(&name),
            value => answer.as_object_mut().unwrap().insert(name, value),
        };
    }
    answer
}

impl Endpoint {
    /// Answers that each token is active.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            act: Act::Body(active(json!({})).to_string()),
            of_token: HashMap::new(),
            pages: HashMap::new(),
            headers: HeaderMap::new(),
            delay: Duration::ZERO,
            asked: Vec::new(),
            in_flight: 0,
            max_in_flight: 0,
        })))
    }

    /// Answers with this.
    pub(crate) fn answering(answer: impl ToString) -> Self {
        let endpoint = Self::new();
        endpoint.act(Act::Body(answer.to_string()));
        endpoint
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    pub(crate) fn act(&self, act: Act) {
        self.with(|state| state.act = act);
    }

    pub(crate) fn answer(&self, answer: impl ToString) {
        self.act(Act::Body(answer.to_string()));
    }

    pub(crate) fn answer_of(&self, token: &str, answer: impl ToString) {
        let act = Act::Body(answer.to_string());
        self.with(|state| state.of_token.insert(token.to_owned(), act));
    }

    pub(crate) fn page(&self, url: &str, page: impl ToString) {
        self.with(|state| state.pages.insert(url.to_owned(), page.to_string()));
    }

    pub(crate) fn header(&self, name: &'static str, value: &str) {
        self.with(|state| state.headers.insert(name, value.parse().unwrap()));
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.with(|state| state.delay = delay);
    }

    /// Returns the number of questions, without fetches of other pages.
    pub(crate) fn questions(&self) -> usize {
        self.asked().len()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.with(|state| state.asked.clone())
    }

    pub(crate) fn max_in_flight(&self) -> usize {
        self.with(|state| state.max_in_flight)
    }

    pub(crate) fn client(&self) -> HttpClient {
        let endpoint = self.clone();
        HttpClient::new(tower::service_fn(move |request: Request<Full<Bytes>>| {
            let endpoint = endpoint.clone();
            async move { endpoint.respond(request).await }
        }))
    }

    pub(crate) fn credentials() -> IntrospectionCredentials {
        IntrospectionCredentials::client_secret_basic("me", SECRET)
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::introspection(ISSUER, URL, Self::credentials(), AUDIENCE).http_client(self.client())
    }

    pub(crate) fn builder(&self, settings: IntrospectionSettings) -> JwtAuthBuilder {
        builder_for(self.issuer().introspection_settings(settings))
    }

    pub(crate) fn layer(&self) -> JwtAuthLayer {
        self.layer_with(IntrospectionSettings::default())
    }

    pub(crate) fn layer_with(&self, settings: IntrospectionSettings) -> JwtAuthLayer {
        self.builder(settings).build().unwrap()
    }

    async fn respond(&self, request: Request<Full<Bytes>>) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let page = self.with(|state| state.pages.get(&parts.uri.to_string()).cloned());
        if let Some(page) = page {
            return Ok(Response::new(Full::from(page)));
        }
        if parts.method == Method::GET {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
        let body = body.collect().await.unwrap().to_bytes();
        let asked = Asked {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        let token = asked.form().remove("token");
        let (act, delay) = self.with(|state| {
            state.asked.push(asked);
            state.in_flight += 1;
            state.max_in_flight = state.max_in_flight.max(state.in_flight);
            let of_token = token.and_then(|token| state.of_token.get(&token).cloned());
            (of_token.unwrap_or_else(|| state.act.clone()), state.delay)
        });
        let _in_flight = InFlight(self.clone());
        sleep(delay).await;
        let (status, body) = match act {
            Act::Body(body) => (200, body),
            Act::Status(status) => (status, "telltale-answer".to_owned()),
            Act::Unreachable => return Err(io::ErrorKind::ConnectionRefused.into()),
            Act::Hang => std::future::pending().await,
            Act::Panic => panic!("the client panics"),
        };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = self.with(|state| state.headers.clone());
        Ok(response)
    }
}

struct InFlight(Endpoint);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.with(|state| state.in_flight -= 1);
    }
}

impl Asked {
    pub(crate) fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }
}
