//! gRPC with a tonic client: real HTTP/2 over pipes in memory, so that the clock can be paused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is the report"
)]

#[path = "../../examples/grpc/client.rs"]
mod client;
#[path = "../../examples/grpc/greeter.rs"]
mod greeter;

mod claims;
mod details;
mod inherited;
mod methods;
mod rejections;
mod size;
mod streams;
mod support;
mod web;
