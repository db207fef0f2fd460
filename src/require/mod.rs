//! What a request needs beyond a good token: a layer for what comes after [`JwtAuthLayer`](crate::JwtAuthLayer).

mod caller;
mod future;
mod layer;
mod rule;
mod service;

#[allow(unused_imports, reason = "features `axum` and `governor` use them")]
pub(crate) use caller::{Absent, claims_of};
pub use future::RequireFuture;
pub use layer::RequireLayer;
#[allow(unused_imports, reason = "feature `axum` uses it")]
pub(crate) use rule::are_scopes;
pub(crate) use rule::is_scope;
pub use service::Require;
