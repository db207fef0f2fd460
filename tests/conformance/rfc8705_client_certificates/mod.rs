//! Tokens that are bound to the client's certificate (RFC 8705 §3), and the certificate from the
//! connection or from a proxy's header (RFC 9440).

mod binding;
mod connection;
mod exceptions;
mod forms;
mod proxies;

use http::{HeaderName, Request};
use tower_jwt_auth::{
    CertificateHeader, ClientCertificate, ClientCertificates, JwtAuthLayer, PeerAddress,
    TrustedProxies,
};

use crate::support::client_certificate::ClientDer;
use crate::support::{bearer, builder, token};

const PROXY: [u8; 4] = [10, 0, 0, 1];

fn layer(certificates: ClientCertificates) -> JwtAuthLayer {
    builder().mtls(certificates).build().unwrap()
}

/// Returns a layer that reads `Client-Cert` from the proxy 10.0.0.1.
fn behind_a_proxy(header: CertificateHeader) -> JwtAuthLayer {
    let proxies = TrustedProxies::networks(["10.0.0.1"]).unwrap();
    layer(ClientCertificates::from_header(header, proxies))
}

fn bound_to(certificate: &ClientDer) -> String {
    token().bound_to_certificate(&certificate.0).sign()
}

/// Returns a request over a connection with this certificate.
fn over(certificate: &ClientDer, token: &str) -> Request<()> {
    let mut request = bearer(token);
    let certificate = ClientCertificate::from_der(&certificate.0);
    request.extensions_mut().insert(certificate);
    request
}

/// Returns a request through the proxy, with these values of a header.
fn through_the_proxy(name: &str, values: &[&str], token: &str) -> Request<()> {
    let mut request = bearer(token);
    for value in values {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let peer = PeerAddress::Ip(PROXY.into());
    request.extensions_mut().insert(peer);
    request
}

fn client_cert(certificate: &ClientDer) -> String {
    format!(":{}:", certificate.base64())
}
