//! Sources of keys. Independent of requests, layers and claims.

mod event;
mod files;
mod fixed;
mod health;
pub(crate) mod jwks;
mod owner;
mod source;

pub use event::KeysEvent;
pub(crate) use event::Observer;
pub use health::{FetchHealth, IntrospectionHealth, IssuerHealth, KeyInfo};
pub use jwks::{HttpClient, JwksCacheSettings, ResponseUri};
pub use source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};
