//! The order of layers, and why.
//!
//! A layer sees only what the layers above it let through. From the outermost to the innermost:
//!
//! | | layer | why there |
//! |---|---|---|
//! | 1 | `Trace` | sees every response, also rejections, with the [`Error`](crate::Error) in their extensions |
//! | 2 | `Compression` | compresses everything below |
//! | 3 | `Cors` | responds to preflights, which carry no token, and adds its headers to rejections, so that scripts can read them |
//! | 4 | `Timeout` | limits everything below, also the wait for keys: make it longer than [`wait_timeout`](crate::JwksCacheSettings::wait_timeout), or callers see its response instead of 503 |
//! | 5 | `LoadShed`, a limit by address | the cheapest checks first: they shed a flood of invalid tokens before a signature is checked |
//! | 6 | [`JwtAuthLayer`](crate::JwtAuthLayer) | authenticates the caller |
//! | 7 | a limit by caller ([`ClaimsKeyExtractor`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.ClaimsKeyExtractor.html)) | a burst of one caller affects no other caller; requests that an inner layer rejects count, too |
//! | 8 | [`RequireLayer`](crate::RequireLayer) on routers and routes, [`Scoped`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/struct.Scoped.html) in handlers | 403 for callers without permission |
//! | 9 | `RequestBodyLimit` | no layer above reads the body: an unauthenticated caller is rejected before the body is read |
//! | 10 | `ConcurrencyLimit`, `RateLimit` with `Buffer`, `Retry` | only accepted requests reach them; for permits, see below |
//! | 11 | the handler | |
//!
//! `ServiceBuilder` takes layers in this order. In axum, each call of `Router::layer` wraps what is
//! there already, which is the opposite order. A `ServiceBuilder` as its argument keeps this one:
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower::ServiceBuilder;
//! use tower_http::{cors::CorsLayer, trace::TraceLayer};
//! use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer};
//!
//! fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
//!     let read = RequireLayer::all_scopes(["orders:read"])?;
//!     let layers = ServiceBuilder::new()
//!         .layer(TraceLayer::new_for_http())
//!         .layer(CorsLayer::permissive())
//!         .layer(auth);
//!     Ok(Router::new().route("/orders", get(|| async { "orders" }).layer(read)).layer(layers))
//! }
//! ```
//!
//! The example `rate_limit` has layers 5 to 8 in one program.
//!
//! # Readiness, permits, queues
//!
//! [`JwtAuthLayer`](crate::JwtAuthLayer) and [`RequireLayer`](crate::RequireLayer) are ready when
//! the inner service is, and call the same instance that was polled ready. When they reject a
//! request, they drop that instance, which releases what it holds, such as a permit or a place in a
//! queue. Dropping the future of a request that waits for keys releases it, too.
//!
//! | layer | above `JwtAuthLayer` | below it |
//! |---|---|---|
//! | `ConcurrencyLimit` | counts all requests | counts all requests, until they are rejected |
//! | `RateLimit` with `Buffer` | unauthenticated callers use up the quota | rejected requests use up nothing |
//! | `LoadShed` | sheds before any check | sheds only accepted requests |
//! | `Timeout` | includes the wait for keys | limits the service alone |
//! | `Retry` | the token is verified at each attempt; the policy should not retry rejections; a DPoP proof passes once | the token is verified once |
//! | `Cors` | needs nothing else | needs [`pass_preflight`](crate::JwtAuthBuilder::pass_preflight), and rejections lack its headers |
//! | `Trace` | sees rejections | sees accepted requests only; `JwtAuthLayer` requires a response body that is `Default`, so box that of `Trace` (axum does so) |
//!
//! Note:
//! - A request that waits for keys holds what the inner service reserved for it: with
//!   `ConcurrencyLimit` below, a permit. Requests with unknown key ids can hold one for up to
//!   [`wait_timeout`](crate::JwksCacheSettings::wait_timeout), as long as
//!   [`refetch_limit`](crate::JwksCacheSettings::refetch_limit) allows a fetch. axum's routes are
//!   always ready, so a limit that is added by a separate `layer` call acquires its permit only
//!   after the token is verified.
//! - When `tower_governor` rejects a request, it does not release what the inner service reserved
//!   until it is called again or dropped. This matters only where one instance is called
//!   repeatedly; hyper's servers, which axum and tonic use, clone it for each request.
//!
//! # DPoP
//!
//! A `Cors` layer above must allow
//! [`DPOP_REQUEST_HEADERS`](crate::DPOP_REQUEST_HEADERS) and expose
//! [`DPOP_RESPONSE_HEADERS`](crate::DPOP_RESPONSE_HEADERS). A proof is used up by the layer, so
//! `Retry` goes below it. Of two layers with [`dpop`](crate::JwtAuthBuilder::dpop), one above the
//! other, the inner one would reject the proof only if both share a
//! [`replay_store`](crate::Dpop::replay_store).
//!
//! # Resource metadata
//!
//! With [`resource`](crate::JwtAuthBuilder::resource), the layer responds to requests for the
//! document: they pass the layers above, but not those below. Scripts of every origin may read the
//! document. A `Cors` layer above responds to preflights itself, and replaces `*` with the origin
//! of the request if it allows that origin.
//!
//! # gRPC
//!
//! The order is the same. tonic's `Server::layer` wraps all its services; `named_layer` of its
//! `LayerExt` wraps a single one. Methods are paths: see
//! [`RequireLayer::only_for_paths`](crate::RequireLayer::only_for_paths).
//!
//! # Metrics and forward-auth
//!
//! A rejected gRPC call has HTTP status 200, and the caller's headers decide whether a request is
//! one. So count rejections by the [`Error`](crate::Error) in the extensions of the response.
//! Rejections by both layers, axum's extractors and
//! [`Claims::rejection_response`](crate::Claims::rejection_response) have it; those that pass
//! through a `tonic::Status` or `tower_governor` do not.
//!
//! ```
//! # use http::Response;
//! use tower_jwt_auth::{Error, ErrorClass};
//!
//! fn is_denied<B>(response: &Response<B>) -> bool {
//!     response.extensions().get::<Error>().is_some_and(|error| {
//!         matches!(error.class(), ErrorClass::Unauthorized | ErrorClass::Forbidden)
//!     })
//! }
//! # assert!(!is_denied(&Response::new(())));
//! ```
//!
//! A service that a proxy asks whether a request is allowed must not respond with 200 to one that
//! is not: set [`grpc_responses(false)`](crate::JwtAuthBuilder::grpc_responses).
