//! Layers whose keys are fetched, from an issuer that responds immediately.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tokio::runtime::{self, Runtime};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{HttpClient, Issuer, JwtAuthBuilder, JwtAuthLayer};

use super::tokens::{AUDIENCE, ISSUER, MyClaims};

/// Returns an issuer with these keys.
pub(crate) fn issuer(keys: &[TestKey]) -> Issuer {
    let algorithms: Vec<_> = keys.iter().map(TestKey::algorithm).collect();
    let keys: Vec<_> = keys.iter().map(TestKey::jwk).collect();
    let set = Bytes::from(json!({"keys": keys}).to_string());
    let client = tower::service_fn(move |_: Request<Full<Bytes>>| {
        let response = Response::new(Full::new(set.clone()));
        async { Ok::<_, std::io::Error>(response) }
    });
    Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(HttpClient::new(client))
        .algorithms(algorithms)
}

/// Returns a layer whose keys are cached and refreshed in the background. As in a server, requests
/// must be sent from within the [`runtime`].
pub(crate) fn warm(
    key: &TestKey,
    configure: impl FnOnce(JwtAuthBuilder<MyClaims>) -> JwtAuthBuilder<MyClaims>,
) -> JwtAuthLayer<MyClaims> {
    let layer = configure(JwtAuthLayer::builder(issuer(std::slice::from_ref(key))).claims())
        .build()
        .unwrap();
    runtime()
        .block_on(layer.authenticator().prefetch())
        .unwrap();
    layer
}

/// Returns the runtime for background tasks, which run on a thread of their own.
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
