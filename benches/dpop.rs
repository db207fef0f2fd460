//! Requests with DPoP proofs, beside what they consist of. The time includes the request and the
//! response.
//!
//! ```text
//! cargo bench --bench dpop --features full
//! ```
//!
//! The token is cached, and the store accepts every proof again, except in `memory_replay_store`.
#![allow(dead_code, reason = "uses a part of the shared modules")]

#[path = "support/bare.rs"]
mod bare;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use divan::Bencher;
use http::{HeaderMap, Request, Response};
use tower::{Layer as _, Service};
use tower_jwt_auth::testing::{DpopClient, ProofBuilder, TestKey};
use tower_jwt_auth::{
    Algorithm, Dpop, InsertOutcome, Issuer, JwtAuth, JwtAuthLayer, Key, MemoryReplayStore,
    ReplayKey, ReplayStore, TokenCacheSettings,
};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";
const URL: &str = "https://api.example/orders/1";

const CLIENTS: [Algorithm; 6] = [
    Algorithm::ES256,
    Algorithm::Ed25519,
    Algorithm::RS256,
    Algorithm::MlDsa44,
    Algorithm::MlDsa65,
    Algorithm::MlDsa87,
];

/// The proofs that are rejected, by what is wrong with them.
const REJECTED: [&str; 8] = [
    "text",
    "typ",
    "alg",
    "htm",
    "htu",
    "iat",
    "ath",
    "signature",
];

fn main() {
    divan::main();
}

static ISSUER_KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate(Algorithm::ES256));

#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(())))
    }
}

/// Accepts every proof again.
struct Forgetful;

impl ReplayStore for Forgetful {
    fn insert_once(&self, key: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        black_box(key.digest());
        InsertOutcome::Ready(Ok(true))
    }
}

fn service() -> JwtAuth<Inner> {
    let key = Key::from_jwk(&ISSUER_KEY.jwk().to_string()).unwrap();
    let dpop = Dpop::optional()
        .algorithms(CLIENTS)
        .public_origin("https://api.example")
        .unwrap();
    let layer = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key, AUDIENCE))
        .token_cache(TokenCacheSettings::default())
        .dpop(dpop.replay_store(Forgetful))
        .build()
        .unwrap();
    layer.layer(Inner)
}

/// A client with its token.
struct Caller {
    client: DpopClient,
    token: String,
}

impl Caller {
    fn new(algorithm: Algorithm) -> Self {
        let client = DpopClient::generate(algorithm);
        let token = ISSUER_KEY.token().issuer(ISSUER).audience(AUDIENCE);
        let token = token
            .bound_to(&client)
            .expires_in(Duration::from_secs(3600))
            .sign();
        Self { client, token }
    }

    fn proof(&self) -> ProofBuilder {
        self.client.proof("GET", URL, &self.token)
    }

    fn headers(&self, proof: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            "authorization",
            format!("DPoP {}", self.token).parse().unwrap(),
        );
        headers.insert("dpop", proof.parse().unwrap());
        headers
    }

    fn rejected(&self, flaw: &str) -> String {
        let proof = self.proof();
        match flaw {
            "text" => "not-a-proof".to_owned(),
            "typ" => proof.header("typ", "JWT").sign(),
            "alg" => proof.header("alg", "none").sign(),
            "htm" => proof.claim("htm", "PUT").sign(),
            "htu" => proof.claim("htu", "https://api.example/orders/2").sign(),
            "iat" => proof.claim("iat", 0).sign(),
            "ath" => proof
                .claim("ath", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")
                .sign(),
            _ => proof.signed_by(&TestKey::generate(Algorithm::ES256)).sign(),
        }
    }
}

fn send(service: &mut JwtAuth<Inner>, headers: &HeaderMap) -> Response<()> {
    let mut request = Request::get("/orders/1").body(()).unwrap();
    headers.clone_into(request.headers_mut());
    let mut context = Context::from_waker(Waker::noop());
    let mut response = std::pin::pin!(service.call(request));
    match response.as_mut().poll(&mut context) {
        Poll::Ready(response) => response.unwrap(),
        Poll::Pending => panic!("the request waits"),
    }
}

/// The signature check of the proof alone, with a parsed key.
#[divan::bench(args = CLIENTS, sample_size = 100)]
fn bare_check(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let caller = Caller::new(algorithm);
    let proof = caller.proof().sign();
    bencher.bench_local(bare::bare_check(caller.client.key(), &proof));
}

/// A bearer token that is cached.
#[divan::bench(sample_size = 1000)]
fn bearer(bencher: Bencher<'_, '_>) {
    let mut service = service();
    let token = ISSUER_KEY.token().issuer(ISSUER).audience(AUDIENCE).sign();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("x-other", "x".repeat(500).parse().unwrap());
    bencher.bench_local(move || assert!(send(&mut service, &headers).status().is_success()));
}

/// A bound token with a proof. The token and the key of the client are cached.
#[divan::bench(args = CLIENTS, sample_size = 100)]
fn proof(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let (caller, mut service) = (Caller::new(algorithm), service());
    let headers = caller.headers(&caller.proof().sign());
    bencher.bench_local(move || assert!(send(&mut service, &headers).status().is_success()));
}

/// Proofs with different headers, so that the key is parsed each time.
#[divan::bench(args = CLIENTS, sample_size = 100)]
fn key_not_cached(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let (caller, mut service) = (Caller::new(algorithm), service());
    let headers = ["1", "2"].map(|kid| caller.headers(&caller.proof().header("kid", kid).sign()));
    let mut next = 0;
    bencher.bench_local(move || {
        next ^= 1;
        assert!(send(&mut service, &headers[next]).status().is_success());
    });
}

/// A proof that is rejected, whose key is not cached.
#[divan::bench(args = REJECTED, sample_size = 100)]
fn rejected(bencher: Bencher<'_, '_>, flaw: &str) {
    let (caller, mut service) = (Caller::new(Algorithm::ES256), service());
    let headers = caller.headers(&caller.rejected(flaw));
    bencher.bench_local(move || assert!(send(&mut service, &headers).status().is_client_error()));
}

/// A proof that is rejected, whose key is cached.
#[divan::bench(args = REJECTED, sample_size = 100)]
fn rejected_with_cached_key(bencher: Bencher<'_, '_>, flaw: &str) {
    let (caller, mut service) = (Caller::new(Algorithm::ES256), service());
    let valid = caller.headers(&caller.proof().sign());
    assert!(send(&mut service, &valid).status().is_success());
    let headers = caller.headers(&caller.rejected(flaw));
    bencher.bench_local(move || assert!(send(&mut service, &headers).status().is_client_error()));
}

/// One insertion into a store with 500,000 entries, of which none has expired.
#[divan::bench(sample_size = 100)]
fn memory_replay_store(bencher: Bencher<'_, '_>) {
    let store = MemoryReplayStore::new(10_000_000).unwrap();
    let ttl = Duration::from_secs(600);
    let mut id = 0_u32;
    let mut insert = move || {
        id += 1;
        let (owner, jti) = ((id % 1000).to_string(), id.to_string());
        let outcome = store.insert_once(ReplayKey::proof(&owner, &jti), ttl);
        assert!(matches!(outcome, InsertOutcome::Ready(Ok(true))));
    };
    (0..500_000).for_each(|_| insert());
    bencher.bench_local(insert);
}
