//! A service in which everything happens that is counted.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tokio::time::sleep;
use tower::service_fn;
use tower_jwt_auth::metrics::Metrics;
use tower_jwt_auth::testing::{TestClock, TestKey};
use tower_jwt_auth::{
    Algorithm, AuthenticatedRequest, Authenticator, Claims, Dpop, DpopNonces, HttpClient,
    InsertOutcome, IntrospectionCredentials, Issuer, JwksCacheSettings, JwtAuthBuilder,
    JwtAuthLayer, MemoryReplayStore, OnStaleRevocations, ReplayKey, ReplayStore, RequestParts,
    RevocationSettings, Revocations, SecretFiles, TokenCacheSettings,
};

use crate::support::dpop::{bound, presented, proof};
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ask, bearer, clock, default_key, request, token};

pub(crate) const INTROSPECTED: &str = "https://opaque.example";
pub(crate) const WITH_SECRETS: &str = "https://secrets.example";

/// Keys at a URL and an introspection endpoint, both after 10 ms. Fails on demand.
#[derive(Clone, Default)]
pub(crate) struct Provider {
    pub(crate) fails: Arc<AtomicBool>,
}

impl Provider {
    fn client(&self) -> HttpClient {
        let fails = Arc::clone(&self.fails);
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let fails = fails.load(Ordering::Relaxed);
            async move {
                sleep(Duration::from_millis(10)).await;
                let page = match request.uri().path() {
                    "/keys" => json!({"keys": [default_key().jwk()]}),
                    _ => json!({"active": true, "aud": AUDIENCE, "exp": crate::support::NOW + 300}),
                };
                let mut response = Response::new(Full::<Bytes>::from(page.to_string()));
                let json = "application/json".parse().unwrap();
                response.headers_mut().insert("content-type", json);
                if fails {
                    *response.status_mut() = StatusCode::BAD_GATEWAY;
                }
                Ok::<_, Infallible>(response)
            }
        }))
    }

    pub(crate) fn issuer(&self) -> Issuer {
        let settings = JwksCacheSettings::default().refetch_limit(1, Duration::from_secs(3600));
        Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE)
            .http_client(self.client())
            .jwks_cache(settings)
    }

    fn introspected(&self) -> Issuer {
        let credentials = IntrospectionCredentials::client_secret_basic("id", "secret");
        let url = "https://opaque.example/introspect";
        let issuer = Issuer::introspection(INTROSPECTED, url, credentials, AUDIENCE);
        issuer.http_client(self.client())
    }
}

/// A store that answers after 5 ms.
pub(crate) struct Slow(pub(crate) MemoryReplayStore);

impl ReplayStore for Slow {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        let outcome = self.0.insert_once(key, ttl);
        InsertOutcome::Pending(Box::pin(async move {
            sleep(Duration::from_millis(5)).await;
            outcome.wait().await
        }))
    }

    fn entries(&self) -> Option<usize> {
        self.0.entries()
    }
}

/// Does everything once or twice, in several layers with the same metrics, and records the health.
pub(crate) async fn run_all(metrics: &Metrics) {
    keys_and_tokens(metrics).await;
    proofs(metrics).await;
    introspection(metrics).await;
    secrets(metrics).await;
    revocations(metrics).await;
    requirements(metrics).await;
}

fn with(metrics: &Metrics, issuer: Issuer) -> JwtAuthBuilder {
    let builder = JwtAuthLayer::builder(issuer).clock(clock());
    builder.add_observer(metrics.clone())
}

async fn keys_and_tokens(metrics: &Metrics) {
    let provider = Provider::default();
    let store = Slow(MemoryReplayStore::new(100).unwrap());
    let layer = with(metrics, provider.issuer())
        .token_cache(TokenCacheSettings::default().max_entries(1))
        .replay_store(store)
        .build()
        .unwrap();
    let token = |id: &str| token().claim("jti", id).sign();
    let [one, two, three] = ["1", "2", "3"].map(token);
    // The second token takes only the mark of the first one, which was used.
    for token in [&one, &one, &two, &three] {
        ask(&layer, bearer(token)).await;
    }
    ask(&layer, request(&[])).await;
    let large = crate::support::token().claim("filler", "x".repeat(10_000));
    let small = TokenCacheSettings::default().max_bytes(64 * 1024);
    let cannot_cache = with(metrics, crate::support::issuer()).token_cache(small);
    let cannot_cache = cannot_cache.build().unwrap();
    ask(&cannot_cache, bearer(&large.sign())).await;
    for number in 0..3 {
        let key = TestKey::generate(Algorithm::ES256).with_key_id(format!("unknown {number}"));
        ask(
            &layer,
            bearer(&key.token().issuer(ISSUER).clock(&clock()).sign()),
        )
        .await;
    }
    metrics.record_health(layer.authenticator());
}

async fn proofs(metrics: &Metrics) {
    let dpop = Dpop::optional();
    let layer = with(metrics, crate::support::issuer()).dpop(dpop);
    let layer = layer.build().unwrap();
    let token = bound();
    let proof = proof(&token).sign();
    for _ in 0..2 {
        ask(&layer, presented(&token, &proof)).await;
    }
    let nonces = Dpop::optional().nonces(DpopNonces::random());
    let with_nonces = with(metrics, crate::support::issuer()).dpop(nonces);
    ask(&with_nonces.build().unwrap(), presented(&token, &proof)).await;
    metrics.record_health(layer.authenticator());
}

async fn introspection(metrics: &Metrics) {
    let layer = with(metrics, Provider::default().introspected());
    let layer = layer.build().unwrap();
    for _ in 0..2 {
        ask(&layer, bearer("opaque")).await;
    }
    metrics.record_health(layer.authenticator());
}

pub(crate) async fn secrets(metrics: &Metrics) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, secret: &str| {
        std::fs::write(folder.path().join(name), secret).unwrap();
    };
    write("1", "k3R9vQ1zXw7Tn5Lb2Yc8Hd4Jf6Gp0SaM");
    let files = SecretFiles::watch(folder.path(), Algorithm::HS256);
    let files = files.clock(TestClock::frozen()).build().unwrap();
    let issuer = Issuer::from_key_source(WITH_SECRETS, files.clone(), AUDIENCE);
    let layer = with(metrics, issuer).build().unwrap();
    write("2", "Zq8mW2xE5rT7yU1iO9pA3sD6fG4hJ0kL");
    files.reload().await.unwrap();
    write("3", "short");
    files.reload().await.unwrap_err();
    metrics.record_health(layer.authenticator());
    std::fs::remove_file(folder.path().join("3")).unwrap();
    files.reload().await.unwrap();
}

async fn revocations(metrics: &Metrics) {
    let store = MemoryRevocationStore::default();
    store.set(Fault::Fails);
    let settings = RevocationSettings::default();
    let settings = settings.store(store.clone(), OnStaleRevocations::Reject);
    let list = Revocations::with_settings(settings).unwrap();
    let layer = with(metrics, crate::support::issuer()).revocations(&list);
    let layer = layer.build().unwrap();
    ask(&layer, bearer(&token().sign())).await;
    sleep(Duration::from_secs(1)).await;
    store.set(Fault::None);
    sleep(Duration::from_secs(60)).await;
    metrics.record_health(layer.authenticator());
}

async fn requirements(metrics: &Metrics) {
    let builder = with(metrics, crate::support::issuer());
    let layer = builder.build().unwrap();
    let service = tower::ServiceBuilder::new()
        .layer(layer)
        .layer(tower_jwt_auth::RequireLayer::all_scopes(["admin"]).unwrap())
        .service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let response = tower::ServiceExt::oneshot(service, bearer(&token().sign()));
    assert_eq!(response.await.unwrap().status(), StatusCode::FORBIDDEN);
}

/// Asks an authenticator.
pub(crate) async fn authenticate(authenticator: &Authenticator, request: &Request<()>) {
    let parts = RequestParts::from(request);
    let _: Option<Claims> = authenticator
        .authenticate_request(&parts)
        .await
        .ok()
        .map(AuthenticatedRequest::into_claims);
}
