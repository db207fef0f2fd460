//! The function, its issuer, and the runtime that runs both.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tower::ServiceExt as _;
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Issuer as Trusted, JwtAuthLayer};

use super::issuer::Issuer;
use crate::function::protected;

const AUDIENCE: &str = "https://api.example";
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) struct World {
    pub(super) issuer: Issuer,
    auth: JwtAuthLayer,
    /// With one thread: no task runs outside of `block_on`.
    runtime: Runtime,
}

impl World {
    pub(super) fn new() -> Self {
        let issuer = Issuer::new();
        let trusted = Trusted::jwks(Issuer::NAME, Issuer::JWKS_URI, AUDIENCE);
        let trusted = trusted.http_client(issuer.client());
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        Self {
            issuer,
            auth: JwtAuthLayer::builder(trusted).build().unwrap(),
            runtime: runtime.unwrap(),
        }
    }

    /// Returns a valid token for long, signed with the issuer's present key.
    pub(super) fn token(&self) -> TokenBuilder {
        let token = self.issuer.key().token().issuer(Issuer::NAME);
        token.subject("alice").audience(AUDIENCE).expires_in(MONTH)
    }

    /// Handles an event. Only while the request is handled do tasks run.
    pub(super) fn invoke(&self, token: Option<&str>) -> Response<Body> {
        let function = protected(&self.auth);
        let response = self.runtime.block_on(function.oneshot(event(token)));
        response.unwrap()
    }

    /// Lets the tasks run for a moment, as they do at the end of a request.
    pub(super) fn run_tasks(&self) {
        self.runtime.block_on(async {
            for _ in 0..50 {
                yield_now().await;
            }
        });
    }

    /// Moves the clock as a freeze does: no task runs meanwhile, and none has run when the next
    /// request begins.
    pub(super) fn freeze(&self, time: Duration) {
        let mut is_polled = false;
        self.runtime.block_on(poll_fn(|cx| {
            // The first poll moves the clock, and then yields. There is no second one.
            assert!(!std::mem::replace(&mut is_polled, true));
            assert!(pin!(tokio::time::advance(time)).poll(cx).is_pending());
            Poll::Ready(())
        }));
    }
}

/// Returns an event of API Gateway's HTTP API, with payload format 2.0.
fn event(token: Option<&str>) -> Request {
    let mut headers = json!({"host": "api.example"});
    if let Some(token) = token {
        headers["authorization"] = Value::from(format!("Bearer {token}"));
    }
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/whoami",
        "rawQueryString": "",
        "headers": headers,
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "api.example",
            "domainPrefix": "api",
            "http": {
                "method": "GET",
                "path": "/whoami",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "29/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_910_400_000_u64,
        },
    });
    lambda_http::request::from_str(&event.to_string()).unwrap()
}
