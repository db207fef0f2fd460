//! Used proofs and tokens, and revocations, in a real Redis that hangs, crashes, fails over, is full
//! or loses its data. Each test with a real Redis runs only if the environment variable
//! `REDIS_SERVER_PROGRAM` names the program.

mod api;
mod cluster;
mod errors;
mod events;
mod impostor;
mod impostors;
mod once;
mod outage;
mod processes;
mod revocations;
mod sentinel;
mod server;
mod start;
mod tls;

#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
