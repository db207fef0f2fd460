//! Sources of keys. Independent of requests, layers and claims.

mod event;
mod files;
mod fixed;
mod health;
mod health_of_files;
pub(crate) mod jwks;
mod owner;
mod source;

pub use event::KeysEvent;
pub(crate) use event::{Observer, catch_panic};
pub use files::{KeyFile, KeyFileBuilder, SecretFiles, SecretFilesBuilder};
pub(crate) use files::{KeyFiles, Subscription};
pub use health::{FetchHealth, IntrospectionHealth, IssuerHealth, KeyInfo};
pub use health_of_files::{KeyFilesHealth, SecretInfo};
pub use jwks::{HttpClient, JwksCacheSettings, ResponseUri};
pub use source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};
