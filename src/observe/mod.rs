//! Observers: what they are told, and how they are called.

mod insert;
mod introspection;
mod names;
mod observers;
mod request;
mod requirement;
mod store;
mod token_cache;
mod trait_observe;
mod wait;

pub(crate) use insert::ObservedInsert;
pub use introspection::{IntrospectionObserved, IntrospectionOutcome};
pub(crate) use observers::{IssuerObservers, Observers};
pub use request::{RequestObserved, RequestOutcome, TokenScheme};
pub use requirement::RequirementObserved;
pub use store::{StoreKind, StoreObserved, StoreOperation, StoreResult};
pub use token_cache::TokenCacheEvent;
pub use trait_observe::Observe;
pub use wait::{WaitFor, WaitObserved};
