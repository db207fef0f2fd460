//! What the standards require of a resource server, RFC by RFC. The requirements are numbered in
//! the docs of the modules:
//!
//! - 1 to 7: reading the request and the challenge; 8 to 14: the token and its keys; 15 to 18: the
//!   claims;
//! - 19: unavailable keys (`tests/keys`); 20: gRPC; 21: discovery; 22: CORS preflights
//!   (`tests/middleware`).

mod grpc;
mod oidc_back_channel_logout;
mod rfc6750_bearer_tokens;
mod rfc7515_signatures;
mod rfc7517_keys;
mod rfc7518_algorithms;
mod rfc7519_claims;
mod rfc7662_introspection;
mod rfc8414_metadata;
mod rfc8705_client_certificates;
mod rfc8725_best_practices;
mod rfc9449_dpop;
mod rfc9470_step_up;
mod rfc9728_metadata;
mod rfc9964_ml_dsa;
mod vectors;

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
