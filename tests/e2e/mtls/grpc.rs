//! gRPC on tonic.

use std::net::SocketAddr;

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::clients::headers_of_proxies;
use crate::pki::{Authority, Client};
use crate::support::{token, tokio};
use crate::{auth, bound_to, tonic_server};

async fn channel(server: SocketAddr, authority: &Authority, client: Option<&Client>) -> Channel {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    let tls = match client {
        Some(client) => tls.identity(Identity::from_pem(&client.certificate_pem, &client.key_pem)),
        None => tls,
    };
    let endpoint = Endpoint::from_shared(format!("https://localhost:{}", server.port()));
    let endpoint = endpoint.unwrap().tls_config(tls).unwrap();
    endpoint.connect().await.unwrap()
}

async fn check(channel: &Channel, token: &str, metadata: &[(&str, &str)]) -> Result<(), Status> {
    let mut request = Request::new(HealthCheckRequest::default());
    let bearer = format!("Bearer {token}");
    let authorization = [("authorization", &*bearer)];
    for (name, value) in authorization.iter().chain(metadata) {
        let name: AsciiMetadataKey = name.parse().unwrap();
        let value: AsciiMetadataValue = value.parse().unwrap();
        request.metadata_mut().append(name, value);
    }
    HealthClient::new(channel.clone())
        .check(request)
        .await
        .map(drop)
}

#[tokio::test]
async fn a_call_with_a_bound_token_needs_a_connection_with_its_certificate() {
    let authority = Authority::new().unwrap();
    let alice = authority.client("alice").unwrap();
    let thief = authority.client("alice").unwrap();
    let server = tonic_server::start(&authority.server_tls().unwrap(), auth)
        .await
        .unwrap();
    let token = bound_to(&alice);
    let own = channel(server, &authority, Some(&alice)).await;
    check(&own, &token, &[]).await.unwrap();
    for certificate in [Some(&thief), None] {
        let other = channel(server, &authority, certificate).await;
        let status = check(&other, &token, &[]).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        for (name, value) in headers_of_proxies(&alice) {
            let status = check(&other, &token, &[(name, &value)]).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{name}");
        }
    }
}

#[tokio::test]
async fn a_call_with_a_token_that_is_not_bound_is_rejected() {
    let authority = Authority::new().unwrap();
    let alice = authority.client("alice").unwrap();
    let server = tonic_server::start(&authority.server_tls().unwrap(), auth)
        .await
        .unwrap();
    let own = channel(server, &authority, Some(&alice)).await;
    let status = check(&own, &token().sign(), &[]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}
