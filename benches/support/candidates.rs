//! What is measured.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::{HeaderValue, Request, Response};
use serde::Deserialize;
use tower::{Layer as _, Service};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Claims, Issuer, JwtAuthLayer, Key, TokenCacheSettings};

const ISSUER: &str = "https://issuer.example/realms/production";
const AUDIENCE: &str = "https://api.example";

/// Twelve claims, as a provider's access token has them.
#[derive(Deserialize)]
pub(crate) struct MyClaims {
    #[serde(rename = "tenant")]
    pub(crate) _tenant: String,
    #[serde(rename = "roles")]
    pub(crate) _roles: Vec<String>,
    #[serde(rename = "email")]
    pub(crate) _email: String,
}

pub(crate) struct Candidate {
    pub(crate) name: String,
    batch: u32,
    pub(crate) run: Box<dyn FnMut()>,
}

/// Candidates that are timed in turn, and how to read them.
pub(crate) struct Group {
    /// Requests without a layer: what is taken off the others, since it is not the layer's.
    pub(crate) none: Candidate,
    /// What the others are compared with, and whether it is a request too.
    pub(crate) reference: Candidate,
    pub(crate) is_request: bool,
    pub(crate) others: Vec<Candidate>,
}

impl Candidate {
    fn new(name: impl Into<String>, batch: u32, run: impl FnMut() + 'static) -> Self {
        Self { name: name.into(), batch, run: Box::new(run) }
    }

    /// Microseconds for one run.
    pub(crate) fn time(&mut self) -> f64 {
        let start = Instant::now();
        for _ in 0..self.batch {
            (self.run)();
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(self.batch)
    }
}

pub(crate) fn all() -> Vec<Group> {
    let algorithms = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::Ed25519, Algorithm::HS256];
    algorithms.into_iter().map(first_sight).chain([seen_before(1), seen_before(1000), refusals()]).collect()
}

/// What is refused without a signature check, and a signature that is bad, against the check that it costs.
fn refusals() -> Group {
    let key = TestKey::generate(Algorithm::RS256);
    let other = TestKey::generate(Algorithm::ES256);
    let good = token(&key);
    let trusted = Key::jwk(&key.jwk().to_string()).unwrap();
    let layer = JwtAuthLayer::<MyClaims>::builder(Issuer::with_keys(ISSUER, trusted, AUDIENCE)).build().unwrap();
    through(&layer, &good)();
    let forged = token(&TestKey::generate(Algorithm::RS256).with_key_id(key.key_id()));
    let refused = |name: &str, token: &str| Candidate::new(name, 200, refused(&layer, token));
    Group {
        none: Candidate::new("refusals: no layer", 200, send(Inner, vec![bearer(&good)])),
        reference: Candidate::new("RS256: bare check", 20, bare(&key, &good)),
        is_request: false,
        others: vec![
            refused("refused: no token", ""),
            refused("refused: garbage", &"x".repeat(good.len())),
            refused("refused: three parts of garbage", &format!("{0}.{0}.{0}", "x".repeat(400))),
            refused("refused: algorithm", &token(&other)),
            refused("refused: unknown kid", &token(&TestKey::generate(Algorithm::RS256))),
            refused("refused: forged signature", &forged),
        ],
    }
}

fn refused(layer: &JwtAuthLayer<MyClaims>, token: &str) -> impl FnMut() + use<> {
    let mut service = layer.layer(Inner);
    let value = if token.is_empty() { HeaderValue::from_static("Basic eDp5") } else { bearer(token) };
    move || {
        let mut request = Request::new(());
        request.headers_mut().insert(http::header::AUTHORIZATION, value.clone());
        let mut context = Context::from_waker(Waker::noop());
        let mut response = std::pin::pin!(service.call(request));
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else { panic!("it waits") };
        assert!(response.status().is_client_error());
    }
}

pub(crate) fn token(key: &TestKey) -> String {
    key.token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("0d4f9a52-4e5b-4a3e-9f1b-2f6c7d8e9a10")
        .claim("client_id", "web-frontend")
        .claim("scope", "openid profile email orders:read orders:write")
        .claim("tenant", "acme-industries")
        .claim("roles", ["reader", "writer", "auditor"])
        .claim("email", "somebody@acme.example")
        .claim("name", "Some Body")
        .claim("session", "7e5f1c3a-91d2-4a57-b7a5-0c1d2e3f4a5b")
        .sign()
}

fn first_sight(algorithm: Algorithm) -> Group {
    let key = TestKey::generate(algorithm);
    let token = token(&key);
    let batch = if algorithm == Algorithm::HS256 { 200 } else { 20 };
    let trusted = Key::jwk(&key.jwk().to_string()).unwrap();
    let layer = JwtAuthLayer::<MyClaims>::builder(Issuer::with_keys(ISSUER, trusted, AUDIENCE)).build().unwrap();
    Group {
        none: Candidate::new(format!("{algorithm}: no layer"), batch, send(Inner, vec![bearer(&token)])),
        reference: Candidate::new(format!("{algorithm}: bare check"), batch, bare(&key, &token)),
        is_request: false,
        others: vec![Candidate::new(format!("{algorithm}: first sight"), batch, through(&layer, &token))],
    }
}

type Check = Box<dyn Fn(&[u8], &[u8])>;

/// Tokens in rotation that were seen before, against what any layer does: read a header, insert an `Arc`.
fn seen_before(tokens: usize) -> Group {
    let key = TestKey::generate(Algorithm::ES256);
    let trusted = Key::jwk(&key.jwk().to_string()).unwrap();
    let layer = JwtAuthLayer::<MyClaims>::builder(Issuer::with_keys(ISSUER, trusted, AUDIENCE))
        .remember_tokens(TokenCacheSettings::default())
        .build()
        .unwrap();
    let values: Vec<_> = (0..tokens).map(|_| bearer(&token(&key))).collect();
    let hit = send(layer.layer(Inner), values.clone());
    let floor = send(Floor(Inner, Arc::new(0)), values.clone());
    Group {
        none: Candidate::new(format!("{tokens} seen: no layer"), 2000, send(Inner, values)),
        reference: Candidate::new(format!("{tokens} seen: floor"), 2000, floor),
        is_request: true,
        others: vec![Candidate::new(format!("{tokens} seen: hit"), 2000, hit)],
    }
}

/// The least that an authenticating layer does.
struct Floor(Inner, Arc<u64>);

impl Service<Request<()>> for Floor {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        black_box(request.headers().get(http::header::AUTHORIZATION));
        request.extensions_mut().insert(Arc::clone(&self.1));
        self.0.call(request)
    }
}

fn bearer(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).unwrap()
}

/// aws-lc-rs's own verification with a pre-parsed key, of bytes that are at hand.
fn bare(key: &TestKey, token: &str) -> impl FnMut() + use<> {
    use aws_lc_rs::{hmac, signature};
    let (message, encoded) = token.rsplit_once('.').unwrap();
    let message = message.as_bytes().to_vec();
    let signature = base64url(encoded);
    let check: Check = if let Some(secret) = key.secret() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Box::new(move |message, signature| hmac::verify(&key, message, signature).unwrap())
    } else {
        let algorithm: &'static dyn signature::VerificationAlgorithm = match key.algorithm() {
            Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
            _ => &signature::ED25519,
        };
        let parsed = signature::ParsedPublicKey::new(algorithm, public(key)).unwrap();
        Box::new(move |message, signature| parsed.verify_sig(message, signature).unwrap())
    };
    move || check(black_box(&message), black_box(&signature))
}

/// The public key as aws-lc-rs takes it: `SubjectPublicKeyInfo`, but for Ed25519 the bare 32 bytes.
fn public(key: &TestKey) -> Vec<u8> {
    let der = key.der();
    if key.algorithm() == Algorithm::Ed25519 { der[der.len() - 32..].to_vec() } else { der }
}

fn base64url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[derive(Clone)]
pub(crate) struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request.extensions().get::<Claims<MyClaims>>());
        ready(Ok(Response::new(())))
    }
}

fn through(layer: &JwtAuthLayer<MyClaims>, token: &str) -> impl FnMut() + use<> {
    send(layer.layer(Inner), vec![bearer(token)])
}

/// Sends a request with each of the headers in turn.
fn send<S>(mut service: S, values: Vec<HeaderValue>) -> impl FnMut()
where
    S: Service<Request<()>, Response = Response<()>>,
{
    let mut next = 0;
    move || {
        let mut request = Request::new(());
        request.headers_mut().insert(http::header::AUTHORIZATION, values[next].clone());
        next = (next + 1) % values.len();
        let mut context = Context::from_waker(Waker::noop());
        let mut response = std::pin::pin!(service.call(request));
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else { panic!("it waits") };
        assert!(response.status().is_success());
    }
}
