//! The metadata of the protected resource (RFC 9728): what clients learn about the service before
//! they have a token.

mod body;
mod document;
mod endpoint;
mod identifier;
mod members;
mod service;
mod settings;
mod validation;

pub(crate) use self::endpoint::{Endpoint, LayerFacts};
pub use self::service::ResourceMetadataService;
pub use self::settings::ResourceMetadata;
