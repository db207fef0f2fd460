//! Events about the issuers' keys.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tokio::time::sleep;
use tower::service_fn;
use tower_jwt_auth::{
    HttpClient, Issuer, IssuerKeysEvent, JwtAuthLayer, KeysEvent, Observe, Tenants,
};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ask, bearer, clock, default_key, token};

/// Returns a client that gets the default key, or an error, after 40 ms.
fn client(status: StatusCode) -> HttpClient {
    HttpClient::new(service_fn(
        move |request: Request<Full<Bytes>>| async move {
            sleep(Duration::from_millis(40)).await;
            let uri = request.uri().to_string();
            let page = match uri.split_once("/.well-known/") {
                Some((issuer, _)) => {
                    json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")})
                }
                None => json!({"keys": [default_key().jwk()]}),
            };
            let mut response = Response::new(Full::<Bytes>::from(page.to_string()));
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        },
    ))
}

#[tokio::test(start_paused = true)]
async fn fetches_are_told_with_their_time_beside_the_issuers_own_closure() {
    let (recorder, own) = (Recorder::default(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&own);
    for (status, event) in [
        (StatusCode::OK, "fetched 40 ms"),
        (StatusCode::BAD_GATEWAY, "failed 40 ms"),
    ] {
        let counted = Arc::clone(&counted);
        let issuer = Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE);
        let issuer = issuer.http_client(client(status));
        let issuer = issuer.on_event(move |_, event: &KeysEvent<'_>| {
            let is_fetch = matches!(
                event,
                KeysEvent::Fetched { .. } | KeysEvent::FetchFailed { .. }
            );
            *counted.lock().unwrap() += usize::from(is_fetch);
        });
        let builder = JwtAuthLayer::builder(issuer).clock(clock());
        let layer = builder.add_observer(recorder.clone()).build().unwrap();
        ask(&layer, bearer(&token().sign())).await;
        let told = recorder.take_only("keys");
        assert_eq!(told[0], format!("keys {ISSUER} {event}"));
    }
    assert_eq!(*own.lock().unwrap(), 2);
}

/// Panics at each event about keys.
struct Panics;

impl Observe for Panics {
    fn keys_event(&self, _: &IssuerKeysEvent<'_>) {
        panic!("the observer's own bug");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_succeeds_though_an_observer_or_closure_panics() {
    let fetched = || {
        let issuer = Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE);
        issuer.http_client(client(StatusCode::OK))
    };
    let build = |issuer| JwtAuthLayer::builder(issuer).clock(clock());
    let of_closure = build(fetched().on_event(|_, _| panic!("the closure's own bug")));
    let of_observer = build(fetched()).add_observer(Panics);
    for builder in [of_closure, of_observer] {
        let recorder = Recorder::default();
        let layer = builder.add_observer(recorder.clone()).build().unwrap();
        let outcome = ask(&layer, bearer(&token().sign())).await;
        assert_eq!(outcome.kind(), None);
        assert_eq!(
            recorder.take_only("keys"),
            [format!("keys {ISSUER} fetched 40 ms")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_tenant_are_told_under_the_pattern() {
    let recorder = Recorder::default();
    let pattern = "https://login.example/{tenant}";
    let issuer = Issuer::discovery(pattern, AUDIENCE).tenants(Tenants::only(["a"]));
    let issuer = issuer.http_client(client(StatusCode::OK));
    let builder = JwtAuthLayer::builder(issuer).clock(clock());
    let layer = builder.add_observer(recorder.clone()).build().unwrap();
    let token = token().issuer("https://login.example/a").sign();
    assert_eq!(ask(&layer, bearer(&token)).await.kind(), None);
    assert_eq!(
        recorder.take(),
        [
            format!("keys {pattern} fetched 80 ms"),
            format!("wait keys {pattern:?} 80 ms"),
            format!("request accepted none bearer {pattern:?}")
        ]
    );
    let health = layer.authenticator().health();
    assert_eq!(health[0].issuer, "https://login.example/a");
    assert_eq!(health[0].pattern.as_deref(), Some(pattern));
}
