//! Requests, keys, and a key source that can be held back.

use std::sync::{Arc, OnceLock};

use http::Request;
use tokio::sync::watch;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Issuer, JwtAuthLayer, Key, KeyQuery, KeySet, KeySource, Keys, KeysFuture,
};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

pub(crate) fn key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::generate(Algorithm::ES256))
}

pub(crate) fn token() -> String {
    key().token().issuer(ISSUER).audience(AUDIENCE).sign()
}

pub(crate) fn public_key() -> Key {
    Key::from_jwk(&key().jwk().to_string()).unwrap()
}

/// Returns a layer whose key is available.
pub(crate) fn layer() -> JwtAuthLayer {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .build()
        .unwrap()
}

pub(crate) fn request(token: Option<&str>) -> Request<String> {
    let mut request = Request::new("body".to_owned());
    if let Some(token) = token {
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

/// A key source whose keys become available with [`release`](Self::release).
#[derive(Clone)]
pub(crate) struct Held {
    keys: Arc<OnceLock<KeySet>>,
    gate: watch::Sender<bool>,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            keys: Arc::default(),
            gate: watch::Sender::new(false),
        }
    }

    pub(crate) fn release(&self) {
        self.keys.get_or_init(|| public_key().into());
        self.gate.send_replace(true);
    }

    /// Returns a layer that waits for the keys.
    pub(crate) fn layer(&self) -> JwtAuthLayer {
        JwtAuthLayer::builder(Issuer::from_key_source(ISSUER, self.clone(), AUDIENCE))
            .build()
            .unwrap()
    }
}

impl KeySource for Held {
    fn current(&self) -> Option<Keys<'_>> {
        self.keys.get().map(Keys::from)
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        let mut gate = self.gate.subscribe();
        Box::pin(async move {
            let _ = gate.wait_for(|open| *open).await;
            Ok(())
        })
    }
}
