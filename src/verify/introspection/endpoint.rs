//! Where an issuer is asked.

use http::Uri;

use super::credentials::{IntrospectionCredentials, Method};
use crate::config_error::ConfigError;
use crate::keys::jwks::{Discovery, FetchError, Found, Wanted, secure_url};
use crate::keys::{HttpClient, JwksCacheSettings};

/// The introspection endpoint of an issuer.
pub(super) enum Endpoint {
    Url(Uri),
    /// The `introspection_endpoint` of the issuer's metadata (RFC 8414 §2), or its alias for mTLS
    /// (RFC 8705 §5).
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

    pub(super) fn of_metadata(
        issuer: &str,
        url: Option<&str>,
        credentials: &IntrospectionCredentials,
    ) -> Result<Self, ConfigError> {
        let mutual_tls = matches!(credentials.method, Method::MutualTls(_));
        let wanted = Wanted::IntrospectionEndpoint { mutual_tls };
        let discovery = Discovery::new(issuer, wanted, url, &[])?;
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
