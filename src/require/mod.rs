//! Authorization: the layer that goes below [`JwtAuthLayer`](crate::JwtAuthLayer).

mod constructors;
mod future;
mod layer;
mod rejection;
mod rule;
mod service;

pub use self::future::RequireFuture;
pub use self::layer::RequireLayer;
pub use self::service::Require;
