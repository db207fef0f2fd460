//! How this service authenticates at the introspection endpoint (RFC 7662 §2.1, RFC 6749 §2.3).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use zeroize::Zeroizing;

use super::client_assertion::ClientAssertion;

use crate::config_error::ConfigError;

/// How this service authenticates at an introspection endpoint, for
/// [`Issuer::introspection`](crate::Issuer::introspection).
///
/// Shows no secret with `Debug`. Cheap to clone.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::IntrospectionCredentials;
///
/// let secret = "7Fjfp0ZBr1KtDRbnfVdmIw";
/// let credentials = IntrospectionCredentials::client_secret("orders-api", secret);
/// assert!(!format!("{credentials:?}").contains(secret));
/// ```
#[derive(Clone)]
#[must_use]
pub struct IntrospectionCredentials {
    pub(super) method: Method,
}

pub(super) type Secret = Arc<Zeroizing<String>>;
pub(super) type Signature = BoxFuture<'static, Result<String, Box<dyn StdError + Send + Sync>>>;
pub(super) type Sign = dyn Fn(ClientAssertion) -> Signature + Send + Sync;

#[derive(Clone)]
pub(super) enum Method {
    None,
    /// `client_secret_basic`, unless the metadata says that only `client_secret_post` works.
    Secret(Client),
    Basic(Client),
    Post(Client),
    Bearer(Secret),
    /// An assertion that is signed for each question (RFC 7523 §2.2).
    Assertion {
        id: String,
        sign: Arc<Sign>,
    },
    /// The TLS connection authenticates the client (RFC 8705 §2).
    MutualTls(String),
}

/// A client and its secret.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Secret,
}

impl IntrospectionCredentials {
    /// Returns the id and the secret of this service as a client, sent with HTTP Basic
    /// (`client_secret_basic`).
    ///
    /// With [`Issuer::introspection_discovery`](crate::Issuer::introspection_discovery), they are
    /// sent in the body (`client_secret_post`) if the metadata lists only that
    /// (`introspection_endpoint_auth_methods_supported`, RFC 8414 §2).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// id or secret is empty, as for each constructor that takes one.
    pub fn client_secret(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(Method::Secret(Client::new(id, secret)))
    }

    /// Returns the id and the secret of this service as a client, sent with HTTP Basic
    /// (`client_secret_basic`): each is form-encoded before that (RFC 6749 §2.3.1).
    pub fn client_secret_basic(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(Method::Basic(Client::new(id, secret)))
    }

    /// Returns the id and the secret of this service as a client, sent as `client_id` and
    /// `client_secret` in the body (`client_secret_post`, RFC 6749 §2.3.1).
    pub fn client_secret_post(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(Method::Post(Client::new(id, secret)))
    }

    /// Returns an access token of this service, sent as a bearer token (RFC 7662 §2.1).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// it does not have the form of a bearer token (RFC 6750 §2.1).
    pub fn bearer_token(token: impl Into<String>) -> Self {
        Self::new(Method::Bearer(secret(token)))
    }

    /// Returns the id of this service as a client, which signs an assertion for each question
    /// (`private_key_jwt` and `client_secret_jwt`, RFC 7523 §2.2, OpenID Connect Core §9).
    ///
    /// `sign` returns the assertion as a signed JWT: with a key of its own, or by a key management
    /// service. This crate has no private keys. If it fails, requests get 503.
    ///
    /// # Examples
    ///
    /// ```
    /// use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    /// use tower_jwt_auth::IntrospectionCredentials;
    ///
    /// # fn example(key: EncodingKey) -> IntrospectionCredentials {
    /// IntrospectionCredentials::private_key_jwt("orders-api", move |assertion| {
    ///     let mut header = Header::new(Algorithm::ES256);
    ///     header.kid = Some("2026-11".to_owned());
    ///     let signed = encode(&header, &assertion, &key);
    ///     async { signed }
    /// })
    /// # }
    /// ```
    pub fn private_key_jwt<F, Signed, E>(client_id: impl Into<String>, sign: F) -> Self
    where
        F: Fn(ClientAssertion) -> Signed + Send + Sync + 'static,
        Signed: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let sign = move |assertion| -> Signature {
            let signed = sign(assertion);
            Box::pin(async move { signed.await.map_err(Into::into) })
        };
        Self::new(Method::Assertion {
            id: client_id.into(),
            sign: Arc::new(sign),
        })
    }

    /// Returns the id of this service as a client that the TLS connection authenticates
    /// (`tls_client_auth`, `self_signed_tls_client_auth`, RFC 8705 §2). The id is sent in the body.
    ///
    /// Set an [`http_client`](crate::Issuer::http_client) that presents the certificate.
    /// [`Issuer::introspection_discovery`](crate::Issuer::introspection_discovery) takes the
    /// endpoint of `mtls_endpoint_aliases`, if the metadata has one (RFC 8705 §5).
    pub fn mutual_tls(client_id: impl Into<String>) -> Self {
        Self::new(Method::MutualTls(client_id.into()))
    }

    /// Returns no credentials. For an endpoint that only this service can reach, or an
    /// [`http_client`](crate::Issuer::http_client) that adds them.
    pub const fn none() -> Self {
        Self::new(Method::None)
    }

    const fn new(method: Method) -> Self {
        Self { method }
    }

    pub(super) fn validate(&self, issuer: &str) -> Result<(), ConfigError> {
        let problem = match &self.method {
            Method::Secret(client) | Method::Basic(client) | Method::Post(client) => {
                client.problem()
            }
            Method::Bearer(token) => {
                let is_token = super::token_form::token68(token.as_bytes()).is_some();
                (!is_token).then_some("the bearer token must have the form of one (RFC 6750 §2.1)")
            }
            Method::MutualTls(id) | Method::Assertion { id, .. } if id.is_empty() => {
                Some("the client id must not be empty")
            }
            Method::MutualTls(_) | Method::Assertion { .. } | Method::None => None,
        };
        match problem {
            None => Ok(()),
            Some(problem) => Err(ConfigError::invalid_setting(format!(
                "introspection credentials of issuer {issuer:?}: {problem}"
            ))),
        }
    }
}

impl Client {
    fn new(id: impl Into<String>, secret_text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret(secret_text),
        }
    }

    fn problem(&self) -> Option<&'static str> {
        let is_empty = self.id.is_empty() || self.secret.is_empty();
        is_empty.then_some("client id and secret must not be empty")
    }
}

fn secret(text: impl Into<String>) -> Secret {
    Arc::new(Zeroizing::new(text.into()))
}

/// Shows the method only.
impl fmt::Debug for IntrospectionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.method {
            Method::None => "none",
            Method::Secret(_) => "client_secret",
            Method::Basic(_) => "client_secret_basic",
            Method::Post(_) => "client_secret_post",
            Method::Bearer(_) => "bearer_token",
            Method::Assertion { .. } => "private_key_jwt",
            Method::MutualTls(_) => "mutual_tls",
        };
        f.debug_tuple("IntrospectionCredentials")
            .field(&method)
            .finish()
    }
}
