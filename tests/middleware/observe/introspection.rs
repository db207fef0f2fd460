//! Introspected tokens.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tokio::time::sleep;
use tower::service_fn;
use tower_jwt_auth::{HttpClient, IntrospectionCredentials, Issuer, JwtAuthLayer};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, NOW, ask, bearer, clock};

/// An endpoint that answers after 30 ms with what is set.
#[derive(Clone)]
struct Endpoint(Arc<Mutex<(StatusCode, String)>>);

impl Endpoint {
    fn new() -> Self {
        let active = json!({
            "active": true, "iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300,
        });
        Self(Arc::new(Mutex::new((StatusCode::OK, active.to_string()))))
    }

    fn answer(&self, status: StatusCode, body: &str) {
        *self.0.lock().unwrap() = (status, body.to_owned());
    }

    fn layer(&self, recorder: &Recorder) -> JwtAuthLayer {
        let this = self.clone();
        let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
            let (status, body) = this.0.lock().unwrap().clone();
            async move {
                sleep(Duration::from_millis(30)).await;
                let mut response = Response::new(Full::<Bytes>::from(body));
                *response.status_mut() = status;
                let json = "application/json".parse().unwrap();
                response.headers_mut().insert("content-type", json);
                Ok::<_, Infallible>(response)
            }
        }));
        let url = "https://issuer.example/introspect";
        let credentials = IntrospectionCredentials::client_secret_basic("id", "secret");
        let issuer = Issuer::introspection(ISSUER, url, credentials, AUDIENCE);
        let builder = JwtAuthLayer::builder(issuer.http_client(client)).clock(clock());
        builder.add_observer(recorder.clone()).build().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn each_token_is_told_with_its_outcome_and_each_question_with_its_time() {
    let (recorder, endpoint) = (Recorder::default(), Endpoint::new());
    let layer = endpoint.layer(&recorder);
    let asked = [
        format!("sent {ISSUER} 30 ms"),
        format!("wait introspection {ISSUER:?} 30 ms"),
    ];
    let told = |outcome: &str, request: &str| {
        [
            format!("introspected {ISSUER} {outcome}"),
            format!("request {request} bearer {ISSUER:?}"),
        ]
    };
    ask(&layer, bearer("opaque")).await;
    let expected = [asked.clone(), told("active", "accepted none")].concat();
    assert_eq!(recorder.take(), expected);
    ask(&layer, bearer("opaque")).await;
    assert_eq!(recorder.take(), told("cached", "accepted none"));
    endpoint.answer(StatusCode::OK, r#"{"active":false}"#);
    ask(&layer, bearer("another")).await;
    let expected = [asked.clone(), told("inactive", "rejected inactive")].concat();
    assert_eq!(recorder.take(), expected);
    endpoint.answer(StatusCode::BAD_GATEWAY, "");
    ask(&layer, bearer("a-third")).await;
    let failed = recorder.take();
    assert!(
        failed.contains(&format!("keys {ISSUER} IntrospectionFailed")),
        "{failed:?}"
    );
    let unavailable = told("error", "rejected introspection_unavailable");
    assert!(failed.ends_with(&unavailable), "{failed:?}");
}
