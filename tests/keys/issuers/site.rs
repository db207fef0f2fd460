//! A web site without sockets, which publishes metadata and key sets.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::time::sleep;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{Authenticator, Claims, Error, ErrorKind, HttpClient, Issuer};

pub(crate) const AUDIENCE: &str = "https://api.example";

#[derive(Clone, Default)]
pub(crate) struct Site(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    pages: HashMap<String, String>,
    fetched: Vec<String>,
    delay: Duration,
}

impl Site {
    pub(crate) fn page(&self, url: impl Into<String>, page: &Value) {
        let mut state = self.0.lock().unwrap();
        state.pages.insert(url.into(), page.to_string());
    }

    /// Publishes the metadata of an issuer and its keys.
    pub(crate) fn issuer(&self, issuer: &str, key: &TestKey) {
        let jwks_uri = format!("{issuer}/keys");
        self.page(
            format!("{issuer}/.well-known/openid-configuration"),
            &json!({ "issuer": issuer, "jwks_uri": jwks_uri }),
        );
        self.page(jwks_uri, &jwks([key.jwk()]));
    }

    /// Sets how long each response takes.
    pub(crate) fn delay(&self, delay: Duration) {
        self.0.lock().unwrap().delay = delay;
    }

    pub(crate) fn fetched(&self) -> Vec<String> {
        self.0.lock().unwrap().fetched.clone()
    }

    pub(crate) fn client(&self) -> HttpClient {
        let site = self.clone();
        HttpClient::new(tower::service_fn(move |request: Request<Full<Bytes>>| {
            let site = site.clone();
            async move { Ok::<_, io::Error>(site.respond(request.uri().to_string()).await) }
        }))
    }

    async fn respond(&self, url: String) -> Response<Full<Bytes>> {
        let (page, delay) = {
            let mut state = self.0.lock().unwrap();
            let page = state.pages.get(&url).cloned();
            state.fetched.push(url);
            (page, state.delay)
        };
        sleep(delay).await;
        let mut response = Response::new(Full::from(page.clone().unwrap_or_default()));
        if page.is_none() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    }
}

pub(crate) fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {
    json!({ "keys": keys.into_iter().collect::<Vec<_>>() })
}

/// Returns the JWK of a key with one more member.
pub(crate) fn jwk_with(key: &TestKey, name: &str, value: impl Into<Value>) -> Value {
    let mut jwk = key.jwk();
    jwk[name] = value.into();
    jwk
}

pub(crate) fn authenticator(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

/// Returns a token that lives longer than any test.
pub(crate) fn token(key: &TestKey, issuer: &str) -> TokenBuilder {
    let lifetime = Duration::from_secs(30 * 24 * 60 * 60);
    key.token()
        .issuer(issuer)
        .audience(AUDIENCE)
        .expires_in(lifetime)
}

/// Returns the kind of the rejection, or `None` if the token is accepted.
pub(crate) async fn rejection(authenticator: &Authenticator, token: &str) -> Option<ErrorKind> {
    kind(authenticator.authenticate(token).await)
}

pub(crate) fn kind(outcome: Result<Claims, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// Returns the names of the issuers whose keys are cached, with usable keys or not.
pub(crate) fn cached(authenticator: &Authenticator) -> Vec<String> {
    let health = authenticator.health();
    health.into_iter().map(|health| health.issuer).collect()
}
