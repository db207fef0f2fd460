//! Used proofs and tokens, and revocations, in a real Redis, with all that can befall it. Each test with a real one
//! runs only if the environment variable `REDIS_SERVER_PROGRAM` names the program.

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
