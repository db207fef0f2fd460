//! What the standards require of a resource server, one module per topic. The numbers in comments
//! are those of the requirements:
//!
//! - 1 to 7: reading the request and the challenge; 8 to 14: the token and its keys; 15 to 18: the
//!   claims;
//! - 19: unavailable keys; 20: gRPC; 21: discovery; 22: CORS preflights.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a panic is the report"
)]
#![allow(unreachable_pub, reason = "nothing depends on a test")]

mod algorithms;
mod answer;
mod audience;
mod authenticator;
mod authorization;
mod challenge;
mod claims;
mod compact_form;
mod configuration;
mod confusion;
mod cookie;
mod discovery;
mod forwarding;
mod grpc;
mod header_parameters;
mod issuers;
mod json_text;
mod key_files;
mod key_headers;
mod keys_unavailable;
mod member_names;
mod offload;
mod other_sources;
mod passing;
mod paths;
mod policy;
mod query;
mod safe_by_mistake;
mod signatures;
mod size;
mod support;
mod time_values;
mod times;
mod token_types;
mod weak_keys;
mod web;
