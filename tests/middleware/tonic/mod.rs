//! gRPC with a tonic client: real HTTP/2 over pipes in memory, so that the clock can be paused.

#[path = "../../../examples/grpc/client.rs"]
mod client;
#[path = "../../../examples/grpc/greeter.rs"]
pub(crate) mod greeter;

mod claims;
mod details;
mod inherited;
mod methods;
mod rejections;
mod revoked;
mod size;
mod step_up;
mod streams;
pub(crate) mod support;
mod web;
