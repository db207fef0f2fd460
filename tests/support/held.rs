//! A key source that can be held back.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tower_jwt_auth::{Issuer, JwtAuthLayer, KeyQuery, KeySet, KeySource, Keys, KeysFuture};

use super::{AUDIENCE, ISSUER, public_key};

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
