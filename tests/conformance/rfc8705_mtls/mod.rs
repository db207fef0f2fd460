//! Tokens that are bound to the client's certificate (RFC 8705 §3).

mod binding;
mod with_dpop;
