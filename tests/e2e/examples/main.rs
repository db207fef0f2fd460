//! Runs the built examples as users do, in processes and over sockets.
//!
//! Cargo builds the examples for `cargo test`, but not for `cargo test --test examples`.

mod config_file;
mod demo;
mod doctor;
mod doctor_fixes;
mod doctor_input;
mod dpop;
mod grpc;
mod harness;
mod introspection;
mod issuers;
#[cfg(feature = "tonic")]
mod mtls;
#[cfg(feature = "metrics")]
mod operated;
mod options;
mod quickstart;
#[cfg(feature = "governor")]
mod rate_limit;
mod resource;
#[cfg(unix)]
mod rotation;
mod routes;
mod secret;
#[cfg(unix)]
mod secret_files;
mod shutdown;
#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
mod tokens;
mod user_lookup;
