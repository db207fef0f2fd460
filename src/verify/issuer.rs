//! Trusted issuers.

use std::path::PathBuf;

use super::introspection::{IntrospectionOrigin, IntrospectionSettings};
use super::{Audience, Tenants};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::jwk::{Key, KeySet};
use crate::jwt::Exceptions;
use crate::keys::{
    HttpClient, JwksCacheSettings, KeyFile, KeyFileBuilder, KeySource, KeysEvent, Observer,
};

/// A trusted issuer: its name, the source of its keys, and the audience that its tokens must name.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// let audience = "https://api.example.com";
/// let staff = Issuer::discovery("https://login.example.com/", audience)
///     .algorithms([Algorithm::ES256]);
/// let partners =
///     Issuer::jwks("https://partner.example", "https://partner.example/keys", audience);
/// JwtAuthLayer::builder(staff).add_issuer(partners).build()
/// # }
/// ```
#[must_use]
pub struct Issuer {
    pub(super) name: String,
    pub(super) audience: Audience,
    pub(super) exceptions: Exceptions,
    pub(super) algorithms: Option<AlgorithmSet>,
    pub(super) keys: KeyOrigin,
    pub(super) secrets: Option<Vec<Key>>,
    pub(super) metadata_url: Option<String>,
    pub(super) jwks_cache: Option<JwksCacheSettings>,
    pub(super) http_client: Option<HttpClient>,
    pub(super) observer: Option<Observer>,
    pub(super) tenants: Option<Box<Tenants>>,
    pub(super) introspection: Option<Box<IntrospectionSettings>>,
}

/// Where the keys come from.
pub(super) enum KeyOrigin {
    Discovery,
    Jwks(String),
    Fixed(KeySet),
    Source(Box<dyn KeySource>),
    /// A file that is read when the layer is built, and watched.
    File(KeyFileBuilder),
    /// There are none: the issuer is asked.
    Introspection(IntrospectionOrigin),
}

impl KeyOrigin {
    pub(super) const fn is_fetched(&self) -> bool {
        matches!(self, Self::Discovery | Self::Jwks(_))
    }

    /// Returns whether something happens to the keys that there are events for.
    pub(super) fn has_events(&self) -> bool {
        match self {
            Self::Discovery | Self::Jwks(_) | Self::File(_) | Self::Introspection(_) => true,
            Self::Source(source) => source.key_files().is_some(),
            Self::Fixed(_) => false,
        }
    }

    pub(super) const fn has_metadata(&self) -> bool {
        match self {
            Self::Discovery => true,
            Self::Introspection(origin) => origin.is_discovered(),
            Self::Jwks(_) | Self::Fixed(_) | Self::Source(_) | Self::File(_) => false,
        }
    }
}

impl Issuer {
    /// Returns an issuer whose metadata names the URL of its keys: OpenID Connect Discovery 1.0 or
    /// RFC 8414.
    ///
    /// `issuer` is compared with tokens and metadata byte by byte: a name with a trailing slash and
    /// one without are two issuers. It must be an `https` URL, or `http` on loopback or one of the
    /// [`allowed_http_hosts`](JwksCacheSettings::allowed_http_hosts), without query and fragment
    /// (RFC 8414 §2). Fetches nothing yet.
    ///
    /// For the issuer `https://login.example.com/a`, the metadata is looked for at
    /// `https://login.example.com/a/.well-known/openid-configuration`, then at
    /// `https://login.example.com/.well-known/oauth-authorization-server/a`, and finally at
    /// `https://login.example.com/.well-known/openid-configuration/a`. The first document that
    /// names the issuer is used. After a page, a redirect, an error status other than 429 and 503,
    /// or the metadata of another issuer, the next URL is tried.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyIssuer`](crate::ConfigErrorKind::EmptyIssuer) if the
    /// name is empty, [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) if it is not such a URL,
    /// or if it is the URL of metadata (`…/.well-known/openid-configuration`),
    /// [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if it is another `http` URL, and as
    /// [`Audience`] says.
    pub fn discovery(issuer: impl Into<String>, audience: impl Into<Audience>) -> Self {
        Self::new(issuer.into(), KeyOrigin::Discovery, audience.into())
    }

    /// Returns an issuer whose keys are a JWK set at `jwks_uri`: an `https` URL, or `http` on
    /// loopback or one of the [`allowed_http_hosts`](JwksCacheSettings::allowed_http_hosts).
    ///
    /// Fetches nothing yet.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyIssuer`](crate::ConfigErrorKind::EmptyIssuer) if the
    /// name is empty, [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) if `jwks_uri` is not such
    /// a URL or the name is the URL of metadata,
    /// [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if it is another `http` URL, and as
    /// [`Audience`] says.
    pub fn jwks(
        issuer: impl Into<String>,
        jwks_uri: impl Into<String>,
        audience: impl Into<Audience>,
    ) -> Self {
        Self::new(
            issuer.into(),
            KeyOrigin::Jwks(jwks_uri.into()),
            audience.into(),
        )
    }

    /// Returns an issuer with fixed keys: a [`Key`](crate::Key), several of them, or a [`KeySet`].
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyIssuer`](crate::ConfigErrorKind::EmptyIssuer) if the
    /// name is empty, [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) if it is the URL of
    /// metadata, and as [`Audience`] says.
    pub fn from_keys(
        issuer: impl Into<String>,
        keys: impl Into<KeySet>,
        audience: impl Into<Audience>,
    ) -> Self {
        Self::new(
            issuer.into(),
            KeyOrigin::Fixed(keys.into()),
            audience.into(),
        )
    }

    /// Returns an issuer whose keys are a JWK set in a file, which is read when the layer is built,
    /// and again every 10 s, so that the file can be replaced without a restart. [`KeyFile`] has
    /// more settings, and says what happens to a file that can't be used.
    ///
    /// # Errors
    ///
    /// Building the layer fails as for [`from_keys`](Self::from_keys) and for
    /// [`KeyFileBuilder::build`].
    pub fn jwks_file(
        issuer: impl Into<String>,
        path: impl Into<PathBuf>,
        audience: impl Into<Audience>,
    ) -> Self {
        let file = KeyOrigin::File(KeyFile::watch_jwks(path));
        Self::new(issuer.into(), file, audience.into())
    }

    /// Returns an issuer whose keys are in a PEM file: one certificate, or up to 8 public keys. It
    /// is read when the layer is built, and again every 10 s, as for
    /// [`jwks_file`](Self::jwks_file).
    ///
    /// # Errors
    ///
    /// As [`jwks_file`](Self::jwks_file).
    pub fn pem_file(
        issuer: impl Into<String>,
        path: impl Into<PathBuf>,
        audience: impl Into<Audience>,
    ) -> Self {
        let file = KeyOrigin::File(KeyFile::watch_pem(path));
        Self::new(issuer.into(), file, audience.into())
    }

    /// Returns an issuer whose keys come from a [`KeySource`]: secrets in files
    /// ([`SecretFiles`](crate::SecretFiles)), a database, a secret manager.
    ///
    /// # Errors
    ///
    /// Building the layer fails as for [`from_keys`](Self::from_keys).
    pub fn from_key_source(
        issuer: impl Into<String>,
        source: impl KeySource,
        audience: impl Into<Audience>,
    ) -> Self {
        Self::new(
            issuer.into(),
            KeyOrigin::Source(Box::new(source)),
            audience.into(),
        )
    }

    pub(super) const fn new(name: String, keys: KeyOrigin, audience: Audience) -> Self {
        Self {
            name,
            audience,
            exceptions: Exceptions::NONE,
            algorithms: None,
            keys,
            secrets: None,
            metadata_url: None,
            jwks_cache: None,
            http_client: None,
            observer: None,
            tenants: None,
            introspection: None,
        }
    }

    /// Adds secrets to an issuer whose other keys are fetched: a [`Key`] or a [`KeySet`]. Default:
    /// none.
    ///
    /// For an issuer that moves from a shared secret to published keys, as long as tokens of both
    /// kinds are valid. The algorithm of a token decides: HMAC is verified with these secrets only,
    /// each pinned to its algorithm, and never with a fetched key; all other algorithms with
    /// fetched keys only. A token with HMAC never causes a fetch. Remove the secret when its last
    /// token has expired: everyone who has it can sign tokens.
    ///
    /// # Errors
    ///
    /// Building the layer fails if the keys are not fetched ([`Issuer::from_keys`] and
    /// [`Issuer::from_key_source`] can have secrets themselves) or are those of each tenant, if one
    /// of these is not a secret, if there is none, and if [`algorithms`](Self::algorithms) excludes
    /// all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Algorithm, ConfigError, Issuer, Key};
    ///
    /// fn issuer(secret: &[u8]) -> Result<Issuer, ConfigError> {
    ///     let name = "https://project.example.com/auth/v1";
    ///     let keys = "https://project.example.com/auth/v1/.well-known/jwks.json";
    ///     let secret = Key::from_secret(Algorithm::HS256, secret)?;
    ///     Ok(Issuer::jwks(name, keys, "authenticated").add_secrets(secret))
    /// }
    /// ```
    pub fn add_secrets(mut self, secrets: impl Into<KeySet>) -> Self {
        let secrets: KeySet = secrets.into();
        let added = self.secrets.get_or_insert_default();
        added.extend(secrets.keys().cloned());
        self
    }

    /// Sets the algorithms that the issuer may use. Default: those of fixed keys and of
    /// [`SecretFiles`](crate::SecretFiles), else all asymmetric ones, those of secrets in a
    /// [`KeyFile`] when it is first read, and those of [`add_secrets`](Self::add_secrets). ML-DSA
    /// is never part of the default: list it, beside the others that the issuer still uses
    /// ([`guides::post_quantum`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/post_quantum/)).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`NoAlgorithms`](crate::ConfigErrorKind::NoAlgorithms) if
    /// there is none, and with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if one is
    /// HMAC and the issuer has no secrets, or if this build [does not
    /// verify](Algorithm::is_supported) it.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Sets the URL of the metadata, if it is not where the issuer's name says. May have a query.
    /// Default: derived from the name, see [`discovery`](Self::discovery).
    ///
    /// The metadata must still name the issuer: as `issuer`, or as `access_token_issuer`, which is
    /// what AD FS calls it. The name need then not be a URL that can be fetched from.
    ///
    /// For an issuer with [`tenants`](Self::tenants), a URL without a placeholder is that of the
    /// metadata that all tenants share, which must name the pattern, byte by byte and with its
    /// placeholder, as that of Microsoft Entra ID does. With the issuer's placeholder, each tenant
    /// has its own metadata there.
    ///
    /// # Errors
    ///
    /// When the layer is built, [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) or
    /// [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if it is not an `https` URL (or `http`
    /// on loopback or one of the [`allowed_http_hosts`](JwksCacheSettings::allowed_http_hosts)),
    /// and [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) for an issuer whose keys are
    /// not found by discovery.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Issuer;
    ///
    /// // Tokens of Azure AD B2C name the tenant by its id, and the metadata is at its name.
    /// let name = "https://contoso.b2clogin.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0/";
    /// let metadata = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_signin/v2.0/\
    ///     .well-known/openid-configuration";
    /// let issuer = Issuer::discovery(name, "my-client-id").metadata_url(metadata);
    /// ```
    pub fn metadata_url(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
        self
    }

    /// Sets how fetched keys are cached. Default: [`JwksCacheSettings::default`].
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the keys are not fetched, or a value is out of its range.
    pub fn jwks_cache(mut self, settings: JwksCacheSettings) -> Self {
        self.jwks_cache = Some(settings);
        self
    }

    /// Sets a closure that is called with the issuer's name at every [`KeysEvent`]. Default: none.
    ///
    /// It is called where the event happens: in the tasks that fetch, in a request, on the thread
    /// that writes the snapshot file or reads watched files, or while the layer is built or an
    /// issuer is added. It must not block, and must not change [`Issuers`](crate::Issuers). For
    /// keys by tenant, the name is that of the tenant's issuer.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the keys are neither fetched nor in watched files.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, KeysEvent};
    ///
    /// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com")
    ///     .on_event(|issuer, event| {
    ///         if let KeysEvent::Stale = event {
    ///             eprintln!("{issuer} is unreachable: its cached keys are stale");
    ///         }
    ///     });
    /// ```
    pub fn on_event(
        mut self,
        observe: impl Fn(&str, &KeysEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Observer::new(observe));
        self
    }

    /// Sets the HTTP client that fetches the keys, or asks about tokens
    /// ([`introspection`](Self::introspection)). Default: `HttpClient::default()`, with feature
    /// `reqwest` or `reqwest-no-provider`.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the keys are not fetched. Without these features there is no default: an issuer whose keys
    /// are fetched then fails with [`NoHttpClient`](crate::ConfigErrorKind::NoHttpClient).
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Sets the tenants that are trusted. Required if the issuer's name has a placeholder, and only
    /// allowed then. Default: none.
    ///
    /// The name is a URL with one placeholder, such as `{tenant}`: a whole segment of the path, or
    /// the first label of a host that has at least two more and no port. With
    /// [`discovery`](Self::discovery), each tenant has its own metadata and keys, unless
    /// [`metadata_url`](Self::metadata_url) is set to a URL without a placeholder. With
    /// [`jwks`](Self::jwks), each has its own keys if `jwks_uri` has the same placeholder.
    /// Otherwise the keys are those of all tenants. See [`Tenants`] for examples.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the name has no such placeholder, if more than 32 issuers of a layer have tenants, as
    /// [`Tenants`] says, or, for keys by tenant, with [`add_secrets`](Self::add_secrets) or
    /// [`snapshot_dir`](JwksCacheSettings::snapshot_dir).
    pub fn tenants(mut self, tenants: Tenants) -> Self {
        self.tenants = Some(Box::new(tenants));
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}
