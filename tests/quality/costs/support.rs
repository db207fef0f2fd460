//! Requests through the layer, with their keys, tokens and claims.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use tower::{Layer as _, Service};
use tower_jwt_auth::testing::{DpopClient, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Claims, Dpop, HttpClient, Issuer, JwtAuth, JwtAuthBuilder, JwtAuthLayer, Key, Observe,
    Revocations, TokenCacheSettings,
};

pub(crate) const ISSUER: &str = "https://issuer.example/realms/production";
/// Longer than that of any token here.
const LIFETIME: Duration = Duration::from_secs(200 * 365 * 24 * 60 * 60);
const OTHER_ISSUER: &str = "https://issuer.example/realms/staging";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// Three of the twelve claims of [`token`].
#[derive(Deserialize)]
pub(crate) struct MyClaims {
    #[serde(rename = "tenant")]
    _tenant: String,
    #[serde(rename = "roles")]
    _roles: Vec<String>,
    #[serde(rename = "email")]
    _email: String,
}

pub(crate) type Protected = JwtAuth<Inner, MyClaims>;

/// The inner service.
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

/// Returns a service that trusts one key.
pub(crate) fn protected(key: &TestKey) -> Protected {
    trusting(key).build().unwrap().layer(Inner)
}

/// Returns a service that trusts one key and has a token cache.
pub(crate) fn caching(key: &TestKey) -> Protected {
    trusting(key)
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap()
        .layer(Inner)
}

/// An observer that does nothing.
struct Silent;

impl Observe for Silent {}

/// Returns a service that trusts one key, and has a token cache and an observer that does nothing.
pub(crate) fn observed(key: &TestKey) -> Protected {
    trusting(key)
        .token_cache(TokenCacheSettings::default())
        .add_observer(Silent)
        .build()
        .unwrap()
        .layer(Inner)
}

/// Returns a service that trusts one key, and has a token cache and metrics.
#[cfg(feature = "metrics")]
pub(crate) fn counted(key: &TestKey) -> Protected {
    trusting(key)
        .token_cache(TokenCacheSettings::default())
        .add_observer(tower_jwt_auth::metrics::Metrics::new())
        .build()
        .unwrap()
        .layer(Inner)
}

/// Returns a service that has a token cache, and a list of revocations with so many entries of each
/// kind, none of which is that of a token.
pub(crate) fn comparing(key: &TestKey, entries: usize) -> Protected {
    let list = Revocations::new();
    for number in 0..entries {
        let id = format!("0d4f9a52-4e5b-4a3e-9f1b-{number:012}");
        list.revoke_session(ISSUER, &id).unwrap();
        list.revoke_subject(ISSUER, &id).unwrap();
        list.revoke_client(ISSUER, &id).unwrap();
    }
    trusting(key)
        .max_lifetime(LIFETIME)
        .revocations(&list)
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap()
        .layer(Inner)
}

/// Returns a service that trusts one key, has a token cache, and accepts DPoP.
pub(crate) fn proving(key: &TestKey) -> Protected {
    trusting(key)
        .token_cache(TokenCacheSettings::default())
        .dpop(Dpop::optional().public_origin(AUDIENCE).unwrap())
        .build()
        .unwrap()
        .layer(Inner)
}

/// Returns a request with a token that is bound to a key of this client, and a proof.
pub(crate) fn proven(client: &DpopClient, token: &str) -> Request<()> {
    let proof = client.proof("GET", AUDIENCE, token).sign();
    let mut request = request(&HeaderValue::try_from(format!("DPoP {token}")).unwrap());
    let proof = HeaderValue::try_from(proof).unwrap();
    request.headers_mut().insert("dpop", proof);
    request
}

/// Returns a service that trusts another issuer first. The tokens of both have the same header, and
/// the service has verified one of the other issuer's.
pub(crate) fn protected_beside(before: &TestKey, key: &TestKey) -> Protected {
    let mut service: Protected = JwtAuthLayer::builder(issuer(OTHER_ISSUER, before))
        .claims()
        .add_issuer(issuer(ISSUER, key))
        .build()
        .unwrap()
        .layer(Inner);
    assert!(
        send(
            &mut service,
            bearing(&token(before).issuer(OTHER_ISSUER).sign())
        )
        .is_success()
    );
    service
}

/// Returns a service that trusts so many issuers. The first one has this key; the keys of the others
/// are fetched, and none was fetched yet.
pub(crate) fn protected_among(issuers: usize, key: &TestKey) -> Protected {
    let client = HttpClient::new(tower::service_fn(|_: Request<Full<Bytes>>| {
        ready(Err::<Response<Full<Bytes>>, _>("nothing is fetched"))
    }));
    let other = |number: usize| {
        let name = format!("https://issuer-{number}.example/realms/production");
        let url = format!("{name}/keys");
        Issuer::jwks(name, url, AUDIENCE).http_client(client.clone())
    };
    let builder = JwtAuthLayer::builder(issuer(ISSUER, key)).claims();
    let builder = (1..issuers)
        .map(other)
        .fold(builder, JwtAuthBuilder::add_issuer);
    builder.build().unwrap().layer(Inner)
}

fn trusting(key: &TestKey) -> JwtAuthBuilder<MyClaims> {
    JwtAuthLayer::builder(issuer(ISSUER, key)).claims()
}

fn issuer(name: &str, key: &TestKey) -> Issuer {
    Issuer::from_keys(
        name,
        Key::from_jwk(&key.jwk().to_string()).unwrap(),
        AUDIENCE,
    )
}

/// Returns a token with twelve claims, as access tokens of common providers have.
pub(crate) fn token(key: &TestKey) -> TokenBuilder {
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
}

/// Returns a request with a bearer token.
pub(crate) fn bearing(token: &str) -> Request<()> {
    request(&bearer(token))
}

pub(crate) fn bearer(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).unwrap()
}

pub(crate) fn request(authorization: &HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert(AUTHORIZATION, authorization.clone());
    request
}

/// Sends a request. Panics if the response is not ready at once.
pub(crate) fn send<S>(service: &mut S, request: Request<()>) -> StatusCode
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut context = Context::from_waker(Waker::noop());
    let mut response = std::pin::pin!(service.call(request));
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("the response is not ready at once")
    };
    response.status()
}

/// Returns `token` with the signature of another token by the same key. Such a signature is in
/// range, so the check computes in full.
pub(crate) fn forged(token: &str, other: &str) -> String {
    let (message, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    format!("{message}.{signature}")
}
