//! The host of the keys of a region, which also signs as its load balancers do.

use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;
use tower::service_fn;
use tower_jwt_auth::{HttpClient, JwtAuthLayer};

use super::keys::LoadBalancerKeys;
use super::{HEADER, HOST, ID, auth};
use crate::support::{Answer, ask, request};

/// The keys of a region, as their host serves them.
#[derive(Clone)]
pub(super) struct Region {
    key: Arc<EcdsaKeyPair>,
    pub(super) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    /// The ids under which the key is served.
    pub(super) ids: Vec<String>,
    pub(super) status: Option<StatusCode>,
    fetched: Vec<String>,
}

impl Region {
    pub(super) fn new() -> Self {
        let state = State {
            ids: vec![ID.to_owned()],
            ..State::default()
        };
        Self {
            key: Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn pem(&self) -> String {
        let der = self.key.public_key().as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let (first, rest) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{rest}\n-----END PUBLIC KEY-----\n\n")
    }

    fn respond(&self, url: &str) -> Response<Full<Bytes>> {
        let mut state = self.state.lock().unwrap();
        state.fetched.push(url.to_owned());
        let known = state.ids.iter().any(|id| url == format!("{HOST}/{id}"));
        let status = match state.status {
            Some(status) => status,
            None if known => StatusCode::OK,
            None => StatusCode::NOT_FOUND,
        };
        let body = if known { self.pem() } else { String::new() };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        response
    }

    pub(super) fn client(&self) -> HttpClient {
        let region = self.clone();
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let response = region.respond(&request.uri().to_string());
            async { Ok::<_, std::io::Error>(response) }
        }))
    }

    pub(super) fn layer(&self) -> JwtAuthLayer {
        auth(LoadBalancerKeys::new("eu-central-1", self.client()).unwrap()).unwrap()
    }

    pub(super) fn fetched(&self) -> Vec<String> {
        self.state.lock().unwrap().fetched.clone()
    }

    /// Signs a token as the load balancer does: with the padding of each part.
    pub(super) fn sign(&self, [header, payload]: &[Value; 2]) -> String {
        let [header, payload] = [header, payload].map(|part| URL_SAFE.encode(part.to_string()));
        let message = format!("{header}.{payload}");
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE.encode(signature.unwrap().as_ref()))
    }

    pub(super) async fn ask(&self, layer: &JwtAuthLayer, token: &[Value; 2]) -> Answer {
        ask(layer, request(&[(HEADER, &self.sign(token))])).await
    }
}
