//! Verifying a token: from its bytes to claims.

mod audience;
mod audience_from;
mod audience_validation;
mod authentication;
mod authenticator;
mod check;
mod choice;
mod configured_issuer;
mod diagnosis;
mod engine;
mod issuer;
mod issuer_algorithms;
mod issuer_build;
mod issuer_exceptions;
mod issuer_secrets;
mod issuers;
mod offload;
mod progress;
mod shared_keys;
mod tenants;
pub(crate) mod token_cache;

pub use self::audience::Audience;
pub(crate) use self::authentication::{Attempt, Authentication};
pub use self::authenticator::Authenticator;
pub(crate) use self::configured_issuer::{ConfiguredIssuer, IssuerKeys, shared_secret};
pub use self::diagnosis::{Diagnosis, DiagnosisCheck, DiagnosisStatus};
pub(crate) use self::engine::{Engine, Verification};
pub use self::issuer::Issuer;
pub use self::issuers::Issuers;
pub(crate) use self::issuers::{IssuerSet, Registry};
pub(crate) use self::offload::Offload;
use self::progress::{NeedsKeys, Progress};
pub(crate) use self::shared_keys::SharedKeys;
pub use self::tenants::Tenants;
pub use self::token_cache::TokenCacheSettings;
