//! Where an issuer is asked.

use http::Uri;

use crate::config_error::ConfigError;
use crate::keys::jwks::{Discovery, FetchError, Found, Wanted, secure_url};
use crate::keys::{HttpClient, JwksCacheSettings};

/// The introspection endpoint of an issuer.
pub(super) enum Endpoint {
    Url(Uri),
    /// The `introspection_endpoint` of the issuer's metadata (RFC 8414 §2).
    Discovery {
        discovery: Box<Discovery>,
        /// The defaults: for how long metadata is cached, and from where it may come.
        settings: Box<JwksCacheSettings>,
    },
}

impl Endpoint {
    pub(super) fn at(url: &str) -> Result<Self, ConfigError> {
        secure_url("introspection URL", url, &[]).map(Self::Url)
    }

    pub(super) fn of_metadata(issuer: &str, url: Option<&str>) -> Result<Self, ConfigError> {
        let discovery = Discovery::new(issuer, Wanted::IntrospectionEndpoint, url, &[])?;
        Ok(Self::Discovery {
            discovery: Box::new(discovery),
            settings: Box::default(),
        })
    }

    /// Returns the URL, from the metadata if it is not configured.
    pub(super) async fn locate(&self, client: &HttpClient) -> Result<Found, FetchError> {
        match self {
            Self::Url(url) => Ok(Found {
                url: url.clone(),
                is_secret_posted: false,
            }),
            Self::Discovery {
                discovery,
                settings,
            } => discovery.introspection_endpoint(client, settings).await,
        }
    }
}
