//! Layers whose keys are fetched, from an issuer that answers at once.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tokio::runtime::{self, Runtime};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{HttpClient, Issuer, JwtAuthBuilder, JwtAuthLayer};

use super::tokens::{AUDIENCE, ISSUER, MyClaims};

pub(crate) fn issuer(keys: &[TestKey]) -> Issuer {
    let keys: Vec<_> = keys.iter().map(TestKey::jwk).collect();
    let set = Bytes::from(json!({"keys": keys}).to_string());
    let answers = tower::service_fn(move |_: Request<Full<Bytes>>| {
        let answer = Response::new(Full::new(set.clone()));
        async { Ok::<_, std::io::Error>(answer) }
    });
    Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(HttpClient::new(answers))
}

/// Has its keys, and keeps them fresh. Requests have to come from within the runtime, as they do in a server.
pub(crate) fn warm(
    key: &TestKey,
    set: impl FnOnce(JwtAuthBuilder<MyClaims>) -> JwtAuthBuilder<MyClaims>,
) -> JwtAuthLayer<MyClaims> {
    let layer = set(JwtAuthLayer::builder(issuer(std::slice::from_ref(key))).claims())
        .build()
        .unwrap();
    runtime()
        .block_on(layer.authenticator().prefetch())
        .unwrap();
    layer
}

/// For what goes on in the background, on a thread of its own.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap()
    });
    &RUNTIME
}
