//! Things that are counted: looks for keys, clones of a service, calls of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::FutureExt as _;
use http::{Request, Response, StatusCode};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    Claims, Error, ErrorKind, Issuer, JwtAuthLayer, KeyQuery, KeySet, KeySource, Keys, KeysFuture,
};

use crate::support::{AUDIENCE, ISSUER, public_key, request, token};

#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A layer with the cached key that counts how often it is looked at: no signature is checked
/// without. It has met the tokens' header, after which each token is one look.
pub(crate) fn watched_layer() -> (JwtAuthLayer, Count) {
    let looks = Count::default();
    let source = WatchedKeys {
        keys: public_key().into(),
        looks: looks.clone(),
    };
    let layer = JwtAuthLayer::builder(Issuer::from_key_source(ISSUER, source, AUDIENCE))
        .build()
        .unwrap();
    let met = layer
        .layer(service_fn(answer))
        .oneshot(request(Some(&token())))
        .now_or_never();
    assert!(met.is_some_and(|response| {
        response.is_ok_and(|response| response.status() == StatusCode::OK)
    }));
    looks.0.store(0, Ordering::Relaxed);
    (layer, looks)
}

struct WatchedKeys {
    keys: KeySet,
    looks: Count,
}

impl KeySource for WatchedKeys {
    fn current(&self) -> Option<Keys<'_>> {
        self.looks.up();
        Some(Keys::from(&self.keys))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(async { Ok(()) })
    }
}

/// A service that isn't cheap to clone, and panics when a clone is called that was never polled
/// ready.
#[derive(Debug, Default)]
pub(crate) struct Costly {
    pub(crate) clones: Count,
    pub(crate) calls: Count,
    ready: bool,
}

impl Clone for Costly {
    fn clone(&self) -> Self {
        self.clones.up();
        Self {
            clones: self.clones.clone(),
            calls: self.calls.clone(),
            ready: false,
        }
    }
}

impl Service<Request<String>> for Costly {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without having been polled ready"
        );
        self.calls.up();
        std::future::ready(Ok(answer_now(&request)))
    }
}

fn answer_now(request: &Request<String>) -> Response<String> {
    let subject = request
        .extensions()
        .get::<Claims>()
        .and_then(|claims| claims.subject().map(str::to_owned));
    Response::new(subject.unwrap_or_default())
}

/// Answers with the subject.
pub(crate) async fn answer(request: Request<String>) -> Result<Response<String>, Infallible> {
    Ok(answer_now(&request))
}

/// Why a request was rejected.
#[track_caller]
pub(crate) fn rejected<B>(response: &Response<B>, status: StatusCode) -> ErrorKind {
    assert_eq!(response.status(), status);
    response
        .extensions()
        .get::<Error>()
        .expect("an error in the extensions")
        .kind()
}
