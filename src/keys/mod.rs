//! Where keys come from.

mod cached;
mod client;
mod discovery;
mod event;
mod fetch;
mod fixed;
mod health;
mod source;
mod url;

pub use cached::CacheSettings;
pub(crate) use cached::CachedKeys;
pub use client::HttpClient;
pub use event::KeysEvent;
pub use health::{FetchHealth, IssuerHealth, KeyInfo};
pub use source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};

pub(crate) use discovery::Discovery;
pub(crate) use event::Observer;
pub(crate) use fetch::Target;
pub(crate) use url::secure_url;
