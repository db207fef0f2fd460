//! An HTTP client for an issuer with a certificate authority of its own, which asks for a token,
//! and maybe for a certificate of the client.

use std::error::Error as StdError;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use reqwest::{Body, Certificate, Client, Error, Identity, redirect::Policy};
use tower::service_fn;
use tower_jwt_auth::HttpClient;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The files that the client needs, in PEM form but for the token.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The certificates of the certificate authority.
    pub(crate) authority: PathBuf,
    /// The bearer token of this service.
    pub(crate) token: PathBuf,
    /// A certificate of this service and its private key, for mTLS.
    pub(crate) identity: Option<PathBuf>,
}

impl Files {
    /// Returns the files that Kubernetes mounts into each pod.
    pub(crate) fn of_the_pod() -> Self {
        let folder = Path::new("/var/run/secrets/kubernetes.io/serviceaccount");
        Self {
            authority: folder.join("ca.crt"),
            token: folder.join("token"),
            identity: None,
        }
    }
}

/// Returns a client that trusts the certificate authority in the files and no other.
///
/// It sends the token to each host that has a certificate of this authority, and to no other one,
/// because it speaks to no other one.
pub(crate) fn client(files: &Files) -> Result<HttpClient, BoxError> {
    let authority = Certificate::from_pem_bundle(&read(&files.authority)?)?;
    let mut builder = Client::builder()
        .tls_certs_only(authority)
        .https_only(true)
        .no_proxy()
        // A redirect could lead to the keys of another party.
        .redirect(Policy::none());
    if let Some(identity) = &files.identity {
        builder = builder.identity(Identity::from_pem(&read(identity)?)?);
    }
    let client = builder.build()?;
    let token: Arc<Path> = files.token.as_path().into();
    Ok(HttpClient::new(service_fn(move |request| {
        fetch(client.clone(), Arc::clone(&token), request)
    })))
}

fn read(path: &Path) -> Result<Vec<u8>, BoxError> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

async fn fetch(
    client: Client,
    token: Arc<Path>,
    mut request: Request<Full<Bytes>>,
) -> Result<Response<Body>, BoxError> {
    // Read for each fetch, which are few: the kubelet replaces the token before it expires.
    let token = tokio::fs::read_to_string(token).await?;
    let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.trim()))?;
    authorization.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, authorization);
    let request = request.map(Body::wrap).try_into()?;
    // The URL may contain a secret, which must not appear in a log.
    let response = client.execute(request).await.map_err(Error::without_url)?;
    Ok(response.into())
}
