//! The service that answers probes: its paths, methods, bodies and bounds.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::time::sleep;
use tower::{Service, ServiceExt as _};
use tower_jwt_auth::{HealthEndpoint, HealthService, Issuer, JwtAuthLayer, ReadyWhen};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock, minutes};
use crate::support::tokio;

fn layer(mock: &Mock) -> JwtAuthLayer {
    mock.header("cache-control", "max-age=600");
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE).http_client(mock.client());
    JwtAuthLayer::builder(issuer).build().unwrap()
}

async fn send<S>(service: &S, method: Method, path: &str) -> Response<Bytes>
where
    S: Service<Request<String>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone,
{
    let request = Request::builder().method(method).uri(path);
    let request = request.body("a body of any type".to_owned()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, body)
}

async fn get(service: &HealthService, path: &str) -> (u16, Value) {
    let response = send(service, Method::GET, path).await;
    let status = response.status().as_u16();
    (status, serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn each_probe_has_its_path_below_any_other() {
    let mock = Mock::new();
    let layer = layer(&mock);
    let health = layer.health_service();
    layer.authenticator().prefetch().await.unwrap();
    for prefix in ["", "/internal", "/a/b"] {
        let path = |name: &str| format!("{prefix}/{name}");
        let live = (200, json!({"status": "live"}));
        assert_eq!(get(&health, &path("livez")).await, live);
        let ready = (200, json!({"status": "ready"}));
        assert_eq!(get(&health, &path("readyz")).await, ready);
        assert_eq!(get(&health, &path("healthz?verbose=1")).await, ready);
    }
    for path in ["/", "/readyz/", "/Readyz", "/readyz/x", "/metrics"] {
        let response = send(&health, Method::GET, path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.body().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn only_readiness_fails_when_requests_can_not_be_served() {
    let mock = Mock::new();
    let layer = layer(&mock);
    let health = layer.health_service().show_reasons();
    layer.authenticator().prefetch().await.unwrap();
    mock.answer(Answer::Unreachable);
    minutes(11).await;
    let stale = json!({"status": "degraded", "reasons": ["keys_stale"]});
    assert_eq!(get(&health, "/readyz").await, (200, stale));
    minutes(60).await;
    let absent = json!({"status": "not_ready", "reasons": ["keys_absent"]});
    assert_eq!(get(&health, "/readyz").await, (503, absent.clone()));
    // As a liveness probe, it must restart nothing.
    assert_eq!(get(&health, "/healthz").await, (200, absent));
    assert_eq!(get(&health, "/livez").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn the_methods_are_get_and_head_and_nothing_is_cached() {
    let mock = Mock::new();
    let health = layer(&mock).health_service();
    for path in ["/livez", "/readyz", "/healthz", "/elsewhere"] {
        let got = send(&health, Method::GET, path).await;
        let head = send(&health, Method::HEAD, path).await;
        assert_eq!(head.status(), got.status(), "{path}");
        assert_eq!(head.headers(), got.headers(), "{path}");
        assert!(head.body().is_empty());
        assert_eq!(got.headers()["cache-control"], "no-store");
        for method in [Method::POST, Method::OPTIONS, Method::PUT, Method::TRACE] {
            let response = send(&health, method, path).await;
            let expected = if path == "/elsewhere" { 404 } else { 405 };
            assert_eq!(response.status(), expected, "{path}");
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
    }
    let response = send(&health, Method::POST, "/readyz").await;
    assert_eq!(response.headers()["allow"], "GET, HEAD");
    let response = send(&health, Method::GET, "/readyz").await;
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test(start_paused = true)]
async fn reasons_and_names_are_shown_only_on_demand() {
    let mock = Mock::new();
    let layer = layer(&mock);
    let is_ok = Arc::new(AtomicBool::new(true));
    let checked = Arc::clone(&is_ok);
    let health = layer
        .health_service()
        .add_component("redis", move || checked.load(Ordering::Relaxed));
    let with_reasons = health.clone().show_reasons();
    let shown = health.clone().show_names().show_reasons();
    layer.authenticator().prefetch().await.unwrap();
    assert_eq!(get(&health, "/readyz").await.1["status"], "ready");
    is_ok.store(false, Ordering::Relaxed);
    mock.answer(Answer::Unreachable);
    minutes(11).await;
    let kinds = json!({"status": "degraded", "reasons": ["keys_stale", "component_failing"]});
    let status_only = json!({"status": "degraded"});
    assert_eq!(get(&health, "/healthz").await.1, status_only);
    assert_eq!(get(&health, "/readyz").await, (200, status_only));
    assert_eq!(get(&with_reasons, "/healthz").await.1, kinds);
    assert_eq!(get(&with_reasons, "/readyz").await, (200, kinds));
    let reasons = json!([
        {"reason": "keys_stale", "issuer": ISSUER},
        {"reason": "component_failing", "component": "redis"},
    ]);
    let (_, report) = get(&shown, "/healthz").await;
    assert_eq!(report["reasons"], reasons);
    let issuer = &report["issuers"][0];
    assert_eq!(
        (&issuer["issuer"], &issuer["state"]),
        (&json!(ISSUER), &json!("stale"))
    );
    assert!(issuer["age"].as_u64().unwrap() >= 600);
    assert_eq!(report["more_issuers"], 0);
    let (status, ready) = get(&shown, "/readyz").await;
    assert_eq!(
        (status, ready),
        (200, json!({"status": "degraded", "reasons": reasons}))
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_probes_reads_the_state_once_a_second() {
    let mock = Mock::new();
    let layer = layer(&mock);
    let reads = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let health = layer.health_service().add_component("counter", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        true
    });
    layer.authenticator().prefetch().await.unwrap();
    for _ in 0..10_000 {
        assert_eq!(get(&health, "/readyz").await.0, 200);
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    sleep(Duration::from_millis(1100)).await;
    get(&health, "/healthz").await;
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_component_may_ask_the_service_itself() {
    let layer = layer(&Mock::new());
    layer.authenticator().prefetch().await.unwrap();
    let itself = Arc::new(OnceLock::<HealthService>::new());
    let asked = Arc::clone(&itself);
    let health = layer.health_service().show_reasons();
    let health = health.add_component("itself", move || {
        let health = asked.get().unwrap().clone();
        let status = get(&health, "/readyz").now_or_never().unwrap();
        assert_eq!(status, (200, json!({"status": "ready", "reasons": []})));
        false
    });
    assert!(itself.set(health.clone()).is_ok());
    let failing = json!({"status": "degraded", "reasons": ["component_failing"]});
    assert_eq!(get(&health, "/readyz").await, (200, failing.clone()));
    assert_eq!(get(&health, "/readyz").await, (200, failing));
}

/// A probe of a service, whose component fails after it has blocked until it is released.
struct Blocked {
    health: HealthService,
    probe: std::thread::JoinHandle<(u16, Value)>,
    release: Sender<()>,
    entered: Receiver<()>,
}

impl Blocked {
    /// Returns while the component blocks.
    async fn start() -> Self {
        let layer = layer(&Mock::new());
        layer.authenticator().prefetch().await.unwrap();
        let (enter, entered) = channel();
        let (release, released) = channel::<()>();
        let released = std::sync::Mutex::new(released);
        let health = layer.health_service().add_component("slow", move || {
            enter.send(()).unwrap();
            let _ = released.lock().unwrap().recv();
            false
        });
        let (probed, runtime) = (health.clone(), tokio::runtime::Handle::current());
        let probe = std::thread::spawn(move || {
            let _in_runtime = runtime.enter();
            get(&probed, "/readyz").now_or_never().unwrap()
        });
        entered.recv().unwrap();
        Self {
            health,
            probe,
            release,
            entered,
        }
    }

    /// Has the component return, and returns the response to the probe.
    fn end(self) -> ((u16, Value), HealthService, Receiver<()>) {
        self.release.send(()).unwrap();
        (self.probe.join().unwrap(), self.health, self.entered)
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_that_blocks_delays_no_other_probe_and_then_counts_as_failing() {
    let blocked = Blocked::start().await;
    for seconds in (0..16).step_by(2) {
        let status = if seconds < 5 { "ready" } else { "degraded" };
        let expected = (200, json!({ "status": status }));
        let response = get(&blocked.health, "/readyz").await;
        assert_eq!(response, expected, "{seconds}");
        sleep(Duration::from_secs(2)).await;
    }
    let (response, _, entered) = blocked.end();
    assert_eq!(response, (200, json!({"status": "degraded"})));
    assert!(entered.try_recv().is_err(), "it is called once at a time");
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_component_counts_although_another_probe_came_while_it_was_called() {
    let blocked = Blocked::start().await;
    sleep(Duration::from_millis(100)).await;
    let ready = (200, json!({"status": "ready"}));
    assert_eq!(get(&blocked.health, "/readyz").await, ready);
    let (response, health, _) = blocked.end();
    let degraded = (200, json!({"status": "degraded"}));
    assert_eq!(response, degraded);
    assert_eq!(get(&health, "/readyz").await, degraded);
}

#[tokio::test(start_paused = true)]
async fn a_component_that_panics_counts_as_failing_and_is_called_once_a_second() {
    let layer = layer(&Mock::new());
    layer.authenticator().prefetch().await.unwrap();
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let health = layer.health_service().show_reasons();
    let health = health.add_component("broken", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        panic!("the component's own bug");
    });
    let failing = json!({"status": "degraded", "reasons": ["component_failing"]});
    for _ in 0..100 {
        assert_eq!(get(&health, "/readyz").await, (200, failing.clone()));
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn probes_at_the_same_time_call_the_components_once() {
    let layer = layer(&Mock::new());
    layer.authenticator().prefetch().await.unwrap();
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let health = layer.health_service().add_component("counter", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        true
    });
    for round in 1..=100 {
        let start = Arc::new(std::sync::Barrier::new(4));
        let probe = || {
            let (health, start) = (health.clone(), Arc::clone(&start));
            let runtime = tokio::runtime::Handle::current();
            std::thread::spawn(move || {
                let _in_runtime = runtime.enter();
                start.wait();
                get(&health, "/readyz").now_or_never().unwrap()
            })
        };
        let probes: Vec<_> = std::iter::repeat_with(probe).take(4).collect();
        for probe in probes {
            assert_eq!(probe.join().unwrap().0, 200);
        }
        assert_eq!(calls.load(Ordering::Relaxed), round);
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn with_several_authenticators_all_must_be_ready() {
    let (one, two) = (Mock::new(), Mock::new());
    let (first, second) = (layer(&one), layer(&two));
    two.answer(Answer::Unreachable);
    let health = first
        .health_service()
        .add_authenticator(second.authenticator());
    first.authenticator().prefetch().await.unwrap();
    assert_eq!(get(&health, "/readyz").await.0, 503);
    two.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(get(&health, "/readyz").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn the_rule_and_the_endpoint_can_be_set() {
    let mock = Mock::new();
    let layer = layer(&mock);
    layer.authenticator().prefetch().await.unwrap();
    let health = layer.health_service();
    let named = health
        .clone()
        .show_reasons()
        .ready_when(ReadyWhen::issuers(["https://other.example"]));
    let (status, body) = get(&named, "/readyz").await;
    assert_eq!(
        (status, body["reasons"].clone()),
        (503, json!(["unknown_issuer"]))
    );
    // The one that it was cloned from has its own rule.
    assert_eq!(get(&health, "/readyz").await.0, 200);
    let ready = named.clone().only(HealthEndpoint::Ready);
    assert_eq!(get(&ready, "/health/ready").await.0, 503);
    assert_eq!(get(&ready, "/livez").await.0, 503);
    let report = named.only(HealthEndpoint::Report);
    assert_eq!(get(&report, "/status").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn it_is_a_route_of_axum_outside_the_layer() {
    let mock = Mock::new();
    let layer = layer(&mock);
    let health = layer.health_service();
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async { "hello" }))
        .layer(layer)
        .nest_service("/internal", health.clone())
        .route_service("/readyz", health);
    for (path, status) in [("/", 401), ("/readyz", 503), ("/internal/livez", 200)] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
}
