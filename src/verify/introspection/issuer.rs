//! Issuers whose tokens are introspected.

use super::super::issuer::KeyOrigin;
use super::super::{Audience, Issuer};
use super::{IntrospectionCredentials, IntrospectionSettings};

/// How an issuer is asked about its tokens.
pub(in crate::verify) struct IntrospectionOrigin {
    /// `None` if the metadata names it.
    pub(super) url: Option<String>,
    pub(super) credentials: IntrospectionCredentials,
}

impl IntrospectionOrigin {
    pub(in crate::verify) const fn credentials(&self) -> &IntrospectionCredentials {
        &self.credentials
    }

    pub(in crate::verify) const fn is_discovered(&self) -> bool {
        self.url.is_none()
    }
}

/// Opaque tokens.
impl Issuer {
    /// Returns an issuer that has no keys here: it is asked about each token at its introspection
    /// endpoint (RFC 7662). For opaque tokens, and for those whose revocation must be seen.
    ///
    /// `url` must be `https`, or `http` on loopback. Which tokens are introspected depends on their
    /// form, by default those that are not in the form of a JWT: see
    /// [`introspect_jwts`](IntrospectionSettings::introspect_jwts) and
    /// [`token_prefix`](IntrospectionSettings::token_prefix). Other tokens of the layer are
    /// verified with the keys of other issuers.
    ///
    /// Only the JSON `true` as `active` accepts a token. The claims of the response are checked as
    /// those of a JWT: `aud`, `exp`, `nbf`, `iat`, `cnf`, and `iss` if it is there. Responses are
    /// cached for up to 60 s ([`IntrospectionSettings::max_ttl`]). If the issuer can't be asked,
    /// the request gets 503
    /// ([`IntrospectionUnavailable`](crate::ErrorKind::IntrospectionUnavailable)).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyIssuer`](crate::ConfigErrorKind::EmptyIssuer) if the
    /// name is empty, [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) or
    /// [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if `url` is not such a URL, as
    /// [`Audience`] says, and with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) for
    /// [`algorithms`](Self::algorithms), [`add_secrets`](Self::add_secrets),
    /// [`jwks_cache`](Self::jwks_cache), [`tenants`](Self::tenants),
    /// [`allow_missing_issuer`](Self::allow_missing_issuer) and a rule about header parameters,
    /// which are about signed tokens.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, IntrospectionCredentials, Issuer, JwtAuthLayer};
    ///
    /// # fn build(secret: &str) -> Result<JwtAuthLayer, ConfigError> {
    /// let issuer = Issuer::introspection(
    ///     "https://login.example.com",
    ///     "https://login.example.com/oauth2/introspect",
    ///     IntrospectionCredentials::client_secret_basic("orders-api", secret),
    ///     "https://api.example.com",
    /// );
    /// JwtAuthLayer::builder(issuer).build()
    /// # }
    /// ```
    pub fn introspection(
        issuer: impl Into<String>,
        url: impl Into<String>,
        credentials: IntrospectionCredentials,
        audience: impl Into<Audience>,
    ) -> Self {
        let url = Some(url.into());
        let origin = IntrospectionOrigin { url, credentials };
        Self::new(
            issuer.into(),
            KeyOrigin::Introspection(origin),
            audience.into(),
        )
    }

    /// Returns an issuer that is asked about each token, at the `introspection_endpoint` that its
    /// metadata names (RFC 8414 §2), with
    /// [`mutual_tls`](crate::IntrospectionCredentials::mutual_tls) at that of
    /// `mtls_endpoint_aliases`, if there is one (RFC 8705 §5). Otherwise as
    /// [`introspection`](Self::introspection).
    ///
    /// The metadata is fetched as [`discovery`](Self::discovery) fetches it, at the first question.
    /// [`metadata_url`](Self::metadata_url) can set its URL.
    ///
    /// # Errors
    ///
    /// Building the layer fails as for [`introspection`](Self::introspection), and for an issuer
    /// that [`discovery`](Self::discovery) rejects.
    pub fn introspection_discovery(
        issuer: impl Into<String>,
        credentials: IntrospectionCredentials,
        audience: impl Into<Audience>,
    ) -> Self {
        let url = None;
        let origin = IntrospectionOrigin { url, credentials };
        Self::new(
            issuer.into(),
            KeyOrigin::Introspection(origin),
            audience.into(),
        )
    }

    /// Sets which tokens are introspected, and how. Default: [`IntrospectionSettings::default`].
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the issuer is not introspected, or a value is out of its range.
    pub fn introspection_settings(mut self, settings: IntrospectionSettings) -> Self {
        self.introspection = Some(Box::new(settings));
        self
    }
}
