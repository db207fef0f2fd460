//! Verifying a token: from its bytes to claims.

mod audience;
mod authenticator;
mod configured_issuer;
mod engine;
mod fast_path;
mod issuer;
mod offload;
mod progress;
mod slow_path;
pub(crate) mod token_cache;

pub use self::audience::Audience;
pub use self::authenticator::Authenticator;
pub(crate) use self::configured_issuer::{ConfiguredIssuer, IssuerKeys};
pub(crate) use self::engine::{Engine, Verification};
pub use self::issuer::Issuer;
pub(crate) use self::offload::Offload;
pub(crate) use self::progress::{NeedsKeys, Progress};
pub use self::token_cache::TokenCacheSettings;
