//! Which layer stands where, and why.
//!
//! A layer sees only what those around it let through. From the outside to the inside:
//!
//! | | layer | why there |
//! |---|---|---|
//! | 1 | `Trace` | sees every response, refusals too, with the [`Error`](crate::Error) in their extensions |
//! | 2 | `Compression` | for all that comes from below |
//! | 3 | `Cors` | answers preflights, which carry no token, and puts its headers on refusals, so that scripts may read them |
//! | 4 | `Timeout` | bounds everything below, also the wait for keys: let it be longer than [`patience`](crate::CacheSettings::patience), or callers see its answer in place of 503 |
//! | 5 | `LoadShed`, a limit by address | the cheapest checks first: a flood of bad tokens ends here, before any signature is checked |
//! | 6 | [`JwtAuthLayer`](crate::JwtAuthLayer) | from here on it is known who calls |
//! | 7 | a limit by caller ([`ClaimsKeyExtractor`](crate::ClaimsKeyExtractor)) | one caller's burst is his own; what is refused below counts, too |
//! | 8 | [`RequireLayer`](crate::RequireLayer) on routers and routes, [`Scoped`](crate::Scoped) in handlers | 403 for those who may not |
//! | 9 | `RequestBodyLimit` | nothing above reads a body, so a stranger is told of his token first |
//! | 10 | `ConcurrencyLimit`, `RateLimit` with `Buffer`, `Retry` | for work that was let in |
//! | 11 | the handler | |
//!
//! `ServiceBuilder` takes them in this order. In axum each `Router::layer` wraps what is there already, which is the
//! opposite order; a `ServiceBuilder` handed to it keeps this one:
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower::ServiceBuilder;
//! use tower_http::{cors::CorsLayer, trace::TraceLayer};
//! use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer};
//!
//! fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
//!     let read = RequireLayer::all_scopes(["orders:read"])?.like(&auth);
//!     let around = ServiceBuilder::new()
//!         .layer(TraceLayer::new_for_http())
//!         .layer(CorsLayer::permissive())
//!         .layer(auth);
//!     Ok(Router::new().route("/orders", get(|| async { "orders" }).layer(read)).layer(around))
//! }
//! ```
//!
//! The example `rate_limit` has 5 to 8 in one program.
//!
//! # Readiness, permits, queues
//!
//! [`JwtAuthLayer`](crate::JwtAuthLayer) and [`RequireLayer`](crate::RequireLayer) are ready when the service below is,
//! and call the very one that was polled ready. What it took to be ready (a permit, a place in a queue) is given back at
//! once when a request is refused, or dropped while it waits for keys.
//!
//! | layer | above `JwtAuthLayer` | below it |
//! |---|---|---|
//! | `ConcurrencyLimit` | counts all requests | counts them too, until they are refused |
//! | `RateLimit` with `Buffer` | strangers use up the quota | refusals use up nothing of it |
//! | `LoadShed` | sheds before any check | sheds only those who were let in |
//! | `Timeout` | bounds the wait for keys, too | bounds the service alone |
//! | `Retry` | checks every try; its policy should leave refusals as they are | checks once |
//! | `Cors` | needs nothing | needs [`pass_preflight`](crate::JwtAuthBuilder::pass_preflight), and refusals lack its headers |
//! | `Trace` | sees refusals | sees what was let in; its response body must be boxed, as axum does |
//!
//! Mind:
//! - A request that waits for keys holds what the service below took to be ready: with `ConcurrencyLimit` below, one of
//!   its permits. Made-up key ids can make requests wait so, for the cache's
//!   [`patience`](crate::CacheSettings::patience) and within its budget of
//!   [refetches](crate::CacheSettings::unknown_key_refetches). Routes of axum are always ready, so a limit that comes by a
//!   `layer` call of its own takes its permits after the check.
//! - The limits of `tower_governor` keep what the service below took to be ready when they refuse, until they are called
//!   again or dropped. That matters only where one service is called again and again; hyper's servers, axum's and tonic's
//!   among them, clone it for each request.
//!
//! # gRPC
//!
//! The order is the same. tonic's `Server::layer` takes layers for all its services; `named_layer` of its `LayerExt` wraps
//! a single one. Methods are paths: see [`RequireLayer::only_for`](crate::RequireLayer::only_for).
