//! Readiness: whether requests can be served, for load balancers, as data and as a service.

mod assess;
mod authenticator;
mod issuer;
mod readiness;
mod ready_when;
mod reason;
mod report;
mod response;
mod service;

pub use self::issuer::{IssuerReadiness, IssuerState};
pub use self::readiness::{Readiness, ReadinessStatus};
pub use self::ready_when::ReadyWhen;
pub use self::reason::{ReadinessReason, ReadinessReasonKind};
pub use self::service::{HealthEndpoint, HealthService};
