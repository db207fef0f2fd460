//! The clients.

use std::net::SocketAddr;

use reqwest::header::WWW_AUTHENTICATE;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::Result;
use crate::pki::{Authority, Client};

/// Calls `/me` with a token over a connection of its own, and returns the status and what the
/// response says.
pub(crate) async fn http(
    address: SocketAddr,
    authority: &Authority,
    client: Option<&Client>,
    token: &str,
) -> Result<String> {
    let authority = reqwest::Certificate::from_pem(authority.pem().as_bytes())?;
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([authority]);
    if let Some(client) = client {
        let identity = format!("{}{}", client.certificate_pem, client.key_pem);
        builder = builder.identity(reqwest::Identity::from_pem(identity.as_bytes())?);
    }
    let url = format!("https://localhost:{}/me", address.port());
    let response = builder.build()?.get(url).bearer_auth(token).send().await?;
    let status = response.status();
    let challenge = response.headers().get(WWW_AUTHENTICATE).cloned();
    let said = match challenge {
        Some(challenge) => challenge.to_str()?.to_owned(),
        None => response.text().await?,
    };
    Ok(format!("{status}, {said}"))
}

/// Calls the health service with a token, and returns what it answers.
pub(crate) async fn grpc(
    address: SocketAddr,
    authority: &Authority,
    client: Option<&Client>,
    token: &str,
) -> Result<String> {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    if let Some(client) = client {
        tls = tls.identity(Identity::from_pem(&client.certificate_pem, &client.key_pem));
    }
    let endpoint = Endpoint::from_shared(format!("https://localhost:{}", address.port()))?;
    let channel = endpoint.tls_config(tls)?.connect().await?;
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    let authorization = format!("Bearer {token}").parse()?;
    request
        .metadata_mut()
        .insert("authorization", authorization);
    Ok(match HealthClient::new(channel).check(request).await {
        Ok(response) => format!("{:?}", response.into_inner().status()),
        Err(status) => format!("{:?}, {}", status.code(), status.message()),
    })
}
