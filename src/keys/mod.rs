//! Where keys come from.

mod cached;
mod client;
mod discovery;
mod fetch;
mod fixed;
mod health;
mod source;
mod url;

pub use cached::{CacheSettings, CachedKeys};
pub use client::HttpClient;
pub use health::{FetchHealth, IssuerHealth, KeyInfo};
pub use source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};

pub(crate) use discovery::Discovery;
pub(crate) use fetch::{FetchError, Target};
pub(crate) use url::secure_url;
