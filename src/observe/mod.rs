//! Observers, and the events that they receive.

mod insert;
mod introspection;
mod keys;
mod names;
mod observers;
mod rejection;
mod request;
mod requirement;
mod store;
mod token_cache;
mod trait_observe;
mod wait;

pub(crate) use insert::ObservedInsert;
pub use introspection::{IntrospectionEvent, IntrospectionOutcome, IntrospectionSentEvent};
pub use keys::IssuerKeysEvent;
pub(crate) use observers::{IssuerObservers, Observers};
pub use rejection::{DpopEvent, ReplayEvent};
pub use request::{RequestEvent, RequestOutcome, TokenScheme};
pub use requirement::RequirementEvent;
pub use store::{StoreEvent, StoreKind, StoreOperation, StoreResult};
pub use token_cache::TokenCacheEvent;
pub use trait_observe::Observe;
pub use wait::{WaitEvent, WaitFor};
