//! The layer among other layers and under axum.

#[cfg(feature = "reqwest")]
mod authenticator;
mod axum;
mod diagnosis;
mod diagnosis_causes;
mod diagnosis_hints;
mod diagnosis_outcomes;
mod diagnosis_safety;
mod expiry;
mod forwarding;
mod nest;
mod nested;
mod offload;
mod offload_queue;
mod passing;
mod paths;
mod readiness;
mod rejection;
mod revoked;
mod trusted_proxies;
#[cfg(feature = "reqwest")]
mod variants;
mod websocket;
