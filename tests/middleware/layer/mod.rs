//! The layer among other layers and under axum.

mod authenticator;
mod axum;
mod nested;
mod offload;
mod offload_queue;
mod passing;
mod readiness;
mod rejection;
