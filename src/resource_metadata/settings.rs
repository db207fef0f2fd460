//! The settings of the metadata.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::body::MakeBody;
use super::identifier::well_known;
use crate::config_error::ConfigError;
use crate::verify::ResourceAudience;

/// Describes the protected resource to its clients: protected resource metadata (RFC 9728), for
/// [`JwtAuthBuilder::resource`](crate::JwtAuthBuilder::resource).
///
/// It tells a client that knows only the URL of the service where to get a token, and with which
/// scopes. MCP clients require it. These members follow from the configuration of the layer:
///
/// | member | value |
/// |---|---|
/// | `resource` | the identifier, byte by byte |
/// | `authorization_servers` | the issuers of the layer, unless [set](Self::authorization_servers); without those that have tenants or only a shared secret, or whose name is not an `https` URL |
/// | `scopes_supported` | those of [`require_scopes`](crate::JwtAuthBuilder::require_scopes), and [further ones](Self::scopes) |
/// | `bearer_methods_supported` | `header` and `query`, by the [token sources](crate::JwtAuthBuilder::token_sources) |
/// | `dpop_signing_alg_values_supported` | the algorithms of [`dpop`](crate::JwtAuthBuilder::dpop) |
/// | `dpop_bound_access_tokens_required` | `true` if DPoP is [required](crate::Dpop::required) |
/// | `tls_client_certificate_bound_access_tokens` | `true` with [`mtls`](crate::JwtAuthBuilder::mtls) |
///
/// A member without a value is left out, and so is an empty array (RFC 9728 §3.2). The document is
/// public: everyone can read it without a token.
///
/// # Errors
///
/// Building the layer fails:
/// - with [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl) if the identifier has a fragment, or
///   if it or another URL is not of the form that its setter requires;
/// - with [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl) if the identifier is `http` and not
///   on loopback;
/// - with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) for another invalid value, and
///   if the audience of an issuer does not contain the identifier (see
///   [`allow_other_audiences`](Self::allow_other_audiences)).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Audience, ConfigError, Issuer, JwtAuthLayer, ResourceMetadata};
///
/// # fn build() -> Result<JwtAuthLayer, ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", Audience::resource());
/// let resource = ResourceMetadata::new("https://api.example.com/mcp")
///     .scopes(["mcp:tools"])
///     .name("Example tools")
///     .name_in("de", "Beispielwerkzeuge")
///     .documentation("https://docs.example.com/mcp");
/// JwtAuthLayer::builder(issuer).resource(resource).build()
/// # }
/// # assert!(build().is_ok());
/// ```
#[derive(Clone)]
#[must_use]
pub struct ResourceMetadata {
    pub(super) resource: String,
    pub(super) authorization_servers: Option<Vec<String>>,
    pub(super) scopes: Vec<String>,
    pub(super) texts: Vec<Text>,
    pub(super) jwks_uri: Option<String>,
    pub(super) signing_algorithms: Vec<String>,
    pub(super) authorization_details_types: Vec<String>,
    pub(super) signed_metadata: Option<String>,
    pub(super) members: Vec<(String, Value)>,
    pub(super) max_age: Duration,
    pub(super) allow_other_audiences: bool,
    pub(super) make_body: Option<MakeBody>,
}

/// A member for people, which may be in several languages (RFC 9728 §2.1).
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) member: &'static str,
    pub(super) language: Option<String>,
    pub(super) value: String,
}

pub(super) const NAME: &str = "resource_name";
pub(super) const DOCUMENTATION: &str = "resource_documentation";
pub(super) const POLICY: &str = "resource_policy_uri";
pub(super) const TOS: &str = "resource_tos_uri";

impl ResourceMetadata {
    /// Returns the metadata of the resource with this identifier (RFC 9728 §1.2): the URL that
    /// clients call, such as `https://api.example.com/mcp`.
    ///
    /// An `https` URL without a fragment, or `http` on loopback. Clients compare it with the URL
    /// that they called, byte by byte: a trailing slash makes another identifier.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            authorization_servers: None,
            scopes: Vec::new(),
            texts: Vec::new(),
            jwks_uri: None,
            signing_algorithms: Vec::new(),
            authorization_details_types: Vec::new(),
            signed_metadata: None,
            members: Vec::new(),
            max_age: Duration::from_secs(60 * 60),
            allow_other_audiences: false,
            make_body: None,
        }
    }

    /// Sets `authorization_servers`: the issuer identifiers of RFC 8414, each an `https` URL
    /// without query and fragment, or `http` on loopback. At least one. Default: the issuers of the
    /// layer, also those that are added and removed at run time.
    ///
    /// For issuers whose metadata has another name than their tokens, and for those with tenants.
    pub fn authorization_servers(
        mut self,
        servers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.authorization_servers = Some(servers.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the scopes that clients may ask for, besides those that the layer requires, for
    /// `scopes_supported`. Default: none.
    ///
    /// If a challenge names no scopes, a client asks for all of these: set only those that most
    /// clients need.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `resource_name`, which clients show to users. Default: none.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.text(NAME, None, name.into())
    }

    /// Sets `resource_name` in another language, a tag of BCP 47 such as `de` or `pt-BR`: the
    /// member `resource_name#de`. Default: none.
    pub fn name_in(self, language: impl Into<String>, name: impl Into<String>) -> Self {
        self.text(NAME, Some(language.into()), name.into())
    }

    /// Sets `resource_documentation`, the URL of a page for developers. Default: none.
    pub fn documentation(self, url: impl Into<String>) -> Self {
        self.text(DOCUMENTATION, None, url.into())
    }

    /// Sets `resource_documentation` in another language. See [`name_in`](Self::name_in).
    pub fn documentation_in(self, language: impl Into<String>, url: impl Into<String>) -> Self {
        self.text(DOCUMENTATION, Some(language.into()), url.into())
    }

    /// Sets `resource_policy_uri`, the URL of a page about how the data may be used. Default: none.
    pub fn policy_uri(self, url: impl Into<String>) -> Self {
        self.text(POLICY, None, url.into())
    }

    /// Sets `resource_policy_uri` in another language. See [`name_in`](Self::name_in).
    pub fn policy_uri_in(self, language: impl Into<String>, url: impl Into<String>) -> Self {
        self.text(POLICY, Some(language.into()), url.into())
    }

    /// Sets `resource_tos_uri`, the URL of the terms of service. Default: none.
    pub fn tos_uri(self, url: impl Into<String>) -> Self {
        self.text(TOS, None, url.into())
    }

    /// Sets `resource_tos_uri` in another language. See [`name_in`](Self::name_in).
    pub fn tos_uri_in(self, language: impl Into<String>, url: impl Into<String>) -> Self {
        self.text(TOS, Some(language.into()), url.into())
    }

    /// Sets `jwks_uri`, the URL of the resource's own public keys: those that it signs responses
    /// with, not those of its issuers. `https`, or `http` on loopback. Default: none.
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.jwks_uri = Some(url.into());
        self
    }

    /// Sets `resource_signing_alg_values_supported`, the `alg` values that the resource signs its
    /// responses with, such as `ES256`. `none` is not allowed (RFC 9728 §2). Default: none, for a
    /// resource that signs no responses.
    pub fn signing_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.signing_algorithms = algorithms.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `authorization_details_types_supported`, the types that the resource understands in
    /// `authorization_details` (RFC 9396). Default: none.
    pub fn authorization_details_types(
        mut self,
        types: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.authorization_details_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `signed_metadata`, a JWT with members of the metadata as claims, as it is (RFC 9728
    /// §2.2). Default: none.
    ///
    /// Only its form is checked, not its signature and claims. Clients that support it prefer its
    /// claims to the other members.
    pub fn signed_metadata(mut self, jwt: impl Into<String>) -> Self {
        self.signed_metadata = Some(jwt.into());
        self
    }

    /// Adds a member of your own, or of another standard. The last value of a name counts. `null`
    /// and empty arrays are left out.
    ///
    /// Building the layer fails for members of RFC 9728 §2: they have setters, or follow from the
    /// configuration of the layer.
    pub fn add_member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.push((name.into(), value.into()));
        self
    }

    /// Sets how long caches may use the document: `max-age` in `Cache-Control`. Default: 1 hour.
    /// Maximum: 7 days. Fractions of seconds are dropped.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Allows issuers whose [`Audience`](crate::Audience) does not contain the resource identifier.
    /// Default: building the layer fails.
    ///
    /// For issuers that can't write the identifier into `aud`: Microsoft Entra ID, whose audience
    /// is `api://…` or a client id, or Amazon Cognito, whose access tokens have none. Elsewhere,
    /// clients ask for tokens for the identifier (RFC 8707), and would get tokens that this service
    /// rejects.
    pub const fn allow_other_audiences(mut self) -> Self {
        self.allow_other_audiences = true;
        self
    }

    /// Sets how the layer makes the response body of the document, if the services below the layer
    /// have a type of their own. Default: the bodies of axum and tonic (with their features),
    /// `Full<Bytes>`, `Bytes`, `String` and `Vec<u8>` are supported.
    ///
    /// Without it, a request for the document passes to services with another type of body without
    /// a token, so that they can respond with [`ResourceMetadataService`].
    ///
    /// [`ResourceMetadataService`]: crate::ResourceMetadataService
    pub fn response_body<B: 'static>(
        mut self,
        make: impl Fn(Bytes) -> B + Send + Sync + 'static,
    ) -> Self {
        self.make_body = Some(Arc::new(move |bytes| Box::new(make(bytes))));
        self
    }

    /// Returns what the audiences of the issuers must be. Rejects an invalid identifier.
    pub(crate) fn audience(&self) -> Result<ResourceAudience, ConfigError> {
        well_known(&self.resource)?;
        Ok(ResourceAudience {
            identifier: self.resource.as_str().into(),
            allow_others: self.allow_other_audiences,
        })
    }

    fn text(mut self, member: &'static str, language: Option<String>, value: String) -> Self {
        self.texts.push(Text {
            member,
            language,
            value,
        });
        self
    }
}

impl fmt::Debug for ResourceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceMetadata")
            .field("resource", &self.resource)
            .field("authorization_servers", &self.authorization_servers)
            .field("scopes", &self.scopes)
            .field("texts", &self.texts)
            .field("jwks_uri", &self.jwks_uri)
            .field("signing_algorithms", &self.signing_algorithms)
            .field(
                "authorization_details_types",
                &self.authorization_details_types,
            )
            .field("signed_metadata", &self.signed_metadata)
            .field("members", &self.members)
            .field("max_age", &self.max_age)
            .field("allow_other_audiences", &self.allow_other_audiences)
            .finish_non_exhaustive()
    }
}
