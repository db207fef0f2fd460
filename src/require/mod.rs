//! What a request needs beyond a good token: a layer for what comes after [`JwtAuthLayer`](crate::JwtAuthLayer).

mod caller;
mod future;
mod layer;
mod rule;
mod service;

#[cfg(any(feature = "axum", feature = "governor"))]
pub(crate) use caller::Absent;
#[cfg(any(feature = "axum", feature = "governor"))]
pub(crate) use caller::claims_of;
pub use future::RequireFuture;
pub use layer::RequireLayer;
#[cfg(feature = "axum")]
pub(crate) use rule::are_scopes;
pub use service::Require;
