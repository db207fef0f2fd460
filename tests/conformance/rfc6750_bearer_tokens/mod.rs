//! Bearer tokens in requests, and the challenge (RFC 6750, RFC 9110 §11).

mod authorization;
mod challenge;
mod cookie;
mod other_sources;
mod query;
mod schemes;
mod websocket;
