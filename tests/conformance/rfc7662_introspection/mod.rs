//! OAuth 2.0 Token Introspection (RFC 7662), and signed responses (RFC 9701).
//!
//! The requirements are numbered: 1 which tokens are introspected, 2 the request, 3 the
//! credentials, 4 and 5 the answer, 6 failures, 7 bindings, 8 the cache, 9 floods, 10 and 11 signed
//! responses.

mod answers;
mod bindings;
mod cache;
mod choice;
mod configuration;
mod diagnosis;
mod discovery;
mod endpoint;
mod failures;
mod floods;
mod grpc;
mod request;
mod revoked;
mod signed;
