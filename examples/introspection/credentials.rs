//! How this service authenticates at the issuer: with a secret, a private key or a certificate.

use std::fs;
use std::path::{Path, PathBuf};

use axum::http::{Request, Response};
use bytes::Bytes;
use http_body_util::Full;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Body, Certificate, Client, Error, Identity, redirect::Policy};
use tower::service_fn;
use tower_jwt_auth::{HttpClient, IntrospectionCredentials};

use crate::Result;

/// Where the credentials are.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// In the environment variable `CLIENT_SECRET`.
    Secret,
    Key(PathBuf),
    Certificate {
        identity: PathBuf,
        authority: Option<PathBuf>,
    },
}

impl Credentials {
    /// Returns those that the options name.
    pub(crate) fn new(
        key: Option<PathBuf>,
        identity: Option<PathBuf>,
        authority: Option<PathBuf>,
    ) -> Result<Self> {
        match (key, identity, authority) {
            (Some(_), Some(_), _) => Err("--key and --identity: only one may be given".into()),
            (_, None, Some(_)) => Err("--authority: requires --identity".into()),
            (Some(key), None, None) => Ok(Self::Key(key)),
            (None, Some(identity), authority) => Ok(Self::Certificate {
                identity,
                authority,
            }),
            (None, None, None) if std::env::var_os("CLIENT_SECRET").is_none() => {
                Err("CLIENT_SECRET is not set, and neither --key nor --identity is given".into())
            }
            (None, None, None) => Ok(Self::Secret),
        }
    }

    /// Reads what the issuer is sent.
    pub(crate) fn read(&self, client_id: &str) -> Result<IntrospectionCredentials> {
        Ok(match self {
            Self::Secret => {
                let secret = std::env::var("CLIENT_SECRET")?;
                IntrospectionCredentials::client_secret(client_id, secret)
            }
            Self::Key(file) => {
                let key = EncodingKey::from_ec_pem(&read(file)?)?;
                IntrospectionCredentials::private_key_jwt(client_id, move |assertion| {
                    let header = Header::new(Algorithm::ES256);
                    let signed = jsonwebtoken::encode(&header, &assertion, &key);
                    async { signed }
                })
            }
            Self::Certificate { .. } => IntrospectionCredentials::mutual_tls(client_id),
        })
    }

    /// Returns a client that presents the certificate, if there is one.
    pub(crate) fn http_client(&self) -> Result<Option<HttpClient>> {
        let Self::Certificate {
            identity,
            authority,
        } = self
        else {
            return Ok(None);
        };
        let mut builder = Client::builder()
            .identity(Identity::from_pem(&read(identity)?)?)
            // A redirect could lead to another party.
            .redirect(Policy::none());
        if let Some(authority) = authority {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(&read(authority)?)?);
        }
        let client = builder.build()?;
        let send = move |request| send(client.clone(), request);
        Ok(Some(HttpClient::new(service_fn(send))))
    }
}

async fn send(
    client: Client,
    request: Request<Full<Bytes>>,
) -> std::result::Result<Response<Body>, Error> {
    let request = request.map(Body::wrap).try_into()?;
    // The URL may contain a secret, which must not appear in a log.
    let response = client.execute(request).await.map_err(Error::without_url)?;
    Ok(response.into())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
