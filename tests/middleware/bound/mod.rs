//! Tokens that are bound to their sender, in a stack of services: what goes on below the layer,
//! what is added to responses, and requests that wait.

mod authenticator;
mod below;
mod browser;
mod forwarding;
mod grpc;
mod nest;
mod responses;
mod token_cache;
mod waiting;
