//! Issuers with many tenants: a name with a placeholder, and a rule for what stands there.

mod admission;
mod build;
mod cache;
mod expiry;
mod issuers;
mod rules;
mod settings;
mod usage;

pub(crate) use self::issuers::TenantIssuers;
pub(super) use self::rules::TenantRules;
pub use self::settings::Tenants;
pub(super) use self::usage::{MAX_UNVERIFIED_FETCHES, TenantUsage, UNVERIFIED_TTL};
