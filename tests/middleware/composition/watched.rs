//! Counters for key look-ups and for clones and calls of a service.

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

use crate::support::system_clock::{request, token};
use crate::support::{AUDIENCE, ISSUER, public_key};

/// A counter. `Relaxed` suffices, since it guards no other data, and a test reads it once the
/// requests that count are done.
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

/// Returns a layer with its key available, and the number of its key look-ups. No signature is
/// checked without one. The layer has cached the header of the tokens, so each token is one
/// look-up.
pub(crate) fn watched_layer() -> (JwtAuthLayer, Count) {
    let look_ups = Count::default();
    let source = WatchedKeys {
        keys: public_key().into(),
        look_ups: look_ups.clone(),
    };
    let layer = JwtAuthLayer::builder(Issuer::from_key_source(ISSUER, source, AUDIENCE))
        .build()
        .unwrap();
    let first = layer
        .layer(service_fn(answer))
        .oneshot(request(Some(&token())))
        .now_or_never();
    assert!(first.is_some_and(|response| {
        response.is_ok_and(|response| response.status() == StatusCode::OK)
    }));
    look_ups.0.store(0, Ordering::Relaxed);
    (layer, look_ups)
}

struct WatchedKeys {
    keys: KeySet,
    look_ups: Count,
}

impl KeySource for WatchedKeys {
    fn current(&self) -> Option<Keys<'_>> {
        self.look_ups.up();
        Some(Keys::from(&self.keys))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(async { Ok(()) })
    }
}

/// A service that counts its clones and calls, and panics if it is called without having been
/// polled ready.
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
        std::future::ready(Ok(response_to(&request)))
    }
}

fn response_to(request: &Request<String>) -> Response<String> {
    let subject = request
        .extensions()
        .get::<Claims>()
        .and_then(|claims| claims.subject().map(str::to_owned));
    Response::new(subject.unwrap_or_default())
}

/// Answers with the subject of the token.
pub(crate) async fn answer(request: Request<String>) -> Result<Response<String>, Infallible> {
    Ok(response_to(&request))
}

/// Returns why a request was rejected.
#[track_caller]
pub(crate) fn rejected<B>(response: &Response<B>, status: StatusCode) -> ErrorKind {
    assert_eq!(response.status(), status);
    response
        .extensions()
        .get::<Error>()
        .expect("an error in the extensions")
        .kind()
}
