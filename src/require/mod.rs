//! Authorization: the layer that goes below [`JwtAuthLayer`](crate::JwtAuthLayer).

mod constructors;
mod future;
mod layer;
mod rejection;
mod requirement;
mod rule_constructors;
mod service;
mod tables;

pub use self::future::RequireFuture;
pub use self::layer::RequireLayer;
pub use self::service::Require;
pub use self::tables::{GrpcRules, McpRules, RouteRules};
