//! Tokens that are bound to a key of the client: DPoP (RFC 9449). Every rejection is asked for over
//! HTTP and over gRPC.

mod claims;
mod configuration;
mod forwarded;
mod grpc;
mod header;
mod nonces;
mod replay;
mod request;
mod responses;
mod schemes;
mod target;
mod with_certificates;
