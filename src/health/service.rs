//! Readiness as a service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use serde_json::json;
use tower::Service;

use super::report::Reporter;
use super::response::{self, HealthResponse};
use super::{Readiness, ReadinessReason, ReadinessReasonKind, ReadinessStatus, ReadyWhen};
use crate::verify::Authenticator;

/// Responds to the probes of load balancers and Kubernetes, without a token: a service for routes
/// outside the layer. From [`new`](Self::new) or
/// [`JwtAuthLayer::health_service`](crate::JwtAuthLayer::health_service).
///
/// The last segment of the path selects the response, so that it works below axum's `nest`, too:
///
/// | path | shows | response |
/// |---|---|---|
/// | `…/livez` | whether the process responds | 200 |
/// | `…/readyz` | whether requests can be served: [`Authenticator::readiness`] | 200; 503 if the status is `not_ready` |
/// | `…/healthz` | as `readyz`, for people and monitoring; after `show_names`, also the state of each issuer | 200 |
/// | another one | | 404 |
///
/// The methods are `GET` and `HEAD`; others get 405. The body is JSON: the status `live`, `ready`,
/// `degraded` or `not_ready`, such as `{"status":"degraded"}`. Since the response needs no token,
/// the reasons are in it only after [`show_reasons`](Self::show_reasons), and names of issuers only
/// after [`show_names`](Self::show_names). All responses have `Cache-Control: no-store`.
///
/// `healthz` is always 200, so that a configuration that uses it as a liveness probe does not
/// restart the process because an issuer is down: a restart would lose the cached keys.
///
/// The state is read about once a second, however many requests there are.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_jwt_auth::JwtAuthLayer;
///
/// fn app(auth: JwtAuthLayer) -> Router {
///     let health = auth.health_service();
///     Router::new()
///         .route("/", get(|| async { "hello" }))
///         .layer(auth)
///         .route_service("/livez", health.clone())
///         .route_service("/readyz", health.clone())
///         .route_service("/healthz", health)
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct HealthService {
    reporter: Arc<Reporter>,
    only: Option<HealthEndpoint>,
    detail: Detail,
}

/// What the responses contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Status,
    /// The kinds of the reasons, too.
    Reasons,
    /// The reasons with names, and the state of each issuer, too.
    Names,
}

/// A response of [`HealthService`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthEndpoint {
    /// Whether the process responds: `livez`.
    Live,
    /// Whether requests can be served: `readyz`.
    Ready,
    /// The state, for people and monitoring: `healthz`.
    Report,
}

impl HealthService {
    /// Creates a service for an authenticator.
    pub fn new<C: Send + Sync + 'static>(authenticator: &Authenticator<C>) -> Self {
        Self {
            reporter: Arc::new(Reporter::new(authenticator)),
            only: None,
            detail: Detail::Status,
        }
    }

    /// Sets which issuers must be able to verify tokens. Default: [`ReadyWhen::AnyIssuer`]. With
    /// several authenticators, it applies to each.
    pub fn ready_when(mut self, rule: ReadyWhen) -> Self {
        Reporter::change(&mut self.reporter).rule = rule;
        self
    }

    /// Adds an authenticator. The service is ready if all of them are.
    pub fn add_authenticator<C: Send + Sync + 'static>(
        mut self,
        authenticator: &Authenticator<C>,
    ) -> Self {
        Reporter::change(&mut self.reporter).add_authenticator(authenticator);
        self
    }

    /// Adds a component of the service, such as the store of used tokens. While `is_ok` returns
    /// false, the status is `degraded` at best, with the reason `component_failing`. It never makes
    /// the service not ready.
    ///
    /// `is_ok` is called at most once a second. If it panics, the component counts as failing. It
    /// must not block: while it blocks, other probes get the result of its last call, and after 5
    /// seconds all components count as failing.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{HealthService, JwtAuthLayer, RedisReplayStore};
    ///
    /// fn health(auth: &JwtAuthLayer, store: &RedisReplayStore) -> HealthService {
    ///     let store = store.clone();
    ///     auth.health_service().add_component("redis", move || store.health().available)
    /// }
    /// ```
    pub fn add_component(
        mut self,
        name: impl Into<String>,
        is_ok: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Reporter::change(&mut self.reporter).add_component(name.into(), Arc::new(is_ok));
        self
    }

    /// Shows the kinds of the reasons in `readyz` and `healthz`:
    /// `{"status":"degraded","reasons":["keys_stale"]}`. Default: off, since the response needs no
    /// token, and a kind such as `revocations_stale` tells when revoked tokens may be accepted. For
    /// listeners that only operators can reach.
    pub const fn show_reasons(mut self) -> Self {
        if matches!(self.detail, Detail::Status) {
            self.detail = Detail::Reasons;
        }
        self
    }

    /// Shows the reasons, with the names of issuers and components, in `readyz` and `healthz`, and
    /// the state of each issuer in `healthz`, at most 100. Default: off, as for
    /// [`show_reasons`](Self::show_reasons).
    pub const fn show_names(mut self) -> Self {
        self.detail = Detail::Names;
        self
    }

    /// Responds with this at every path: for routes with other names.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::Router;
    /// use tower_jwt_auth::{HealthEndpoint, HealthService};
    ///
    /// fn routes(health: HealthService) -> Router {
    ///     Router::new()
    ///         .route_service("/health/live", health.clone().only(HealthEndpoint::Live))
    ///         .route_service("/health/ready", health.only(HealthEndpoint::Ready))
    /// }
    /// ```
    pub const fn only(mut self, endpoint: HealthEndpoint) -> Self {
        self.only = Some(endpoint);
        self
    }

    fn respond(&self, method: &Method, path: &str) -> HealthResponse {
        let Some(endpoint) = self.only.or_else(|| HealthEndpoint::at(path)) else {
            return response::not_found();
        };
        if method != Method::GET && method != Method::HEAD {
            return response::wrong_method();
        }
        if endpoint == HealthEndpoint::Live {
            return response::json(StatusCode::OK, method, &json!({ "status": "live" }));
        }
        let readiness = self.reporter.report();
        let status = if endpoint == HealthEndpoint::Report || readiness.is_ready() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        match (self.detail, endpoint) {
            (Detail::Names, HealthEndpoint::Report) => response::json(status, method, &*readiness),
            (Detail::Names, _) => response::json(status, method, &with_subjects(&readiness)),
            (Detail::Reasons, _) => {
                let reasons = &kinds(&readiness);
                let body = Short {
                    status: readiness.status,
                    reasons,
                };
                response::json(status, method, &body)
            }
            (Detail::Status, _) => {
                response::json(status, method, &json!({ "status": readiness.status }))
            }
        }
    }
}

/// The body of a response that does not list the issuers.
#[derive(Serialize)]
struct Short<'r, R> {
    status: ReadinessStatus,
    reasons: &'r [R],
}

fn with_subjects(readiness: &Readiness) -> Short<'_, ReadinessReason> {
    Short {
        status: readiness.status,
        reasons: &readiness.reasons,
    }
}

/// Returns each kind of reason once.
fn kinds(readiness: &Readiness) -> Vec<ReadinessReasonKind> {
    let mut kinds: Vec<_> = readiness.reasons.iter().map(|reason| reason.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

impl HealthEndpoint {
    /// Returns the endpoint that the last segment of a path names.
    fn at(path: &str) -> Option<Self> {
        match path.rsplit('/').next()? {
            "livez" => Some(Self::Live),
            "readyz" => Some(Self::Ready),
            "healthz" => Some(Self::Report),
            _ => None,
        }
    }
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.respond(request.method(), request.uri().path())))
    }
}

impl fmt::Debug for HealthService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthService")
            .field("only", &self.only)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}
