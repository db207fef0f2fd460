//! The certificate of the connection, in the extensions of the request.

use std::sync::Arc;

use axum_server::tls::TlsInfo;
use tower_jwt_auth::{ClientCertificate, ClientCertificates, ErrorKind};

use super::{bound_to, client_cert, layer, over, through_the_proxy};
use crate::support::client_certificate::ClientDer;
use crate::support::tokio;
use crate::support::{ask, bearer};

#[tokio::test]
async fn no_header_is_read_where_the_connection_is_the_source() {
    let certificate = ClientDer::generate("alice");
    let (token, value) = (bound_to(&certificate), client_cert(&certificate));
    let layer = layer(ClientCertificates::from_connection());
    for name in ["client-cert", "x-forwarded-client-cert", "ssl-client-cert"] {
        let answer = ask(&layer, through_the_proxy(name, &[&value], &token)).await;
        answer.named(name).invalid_token(ErrorKind::UnprovenBinding);
    }
    ask(&layer, over(&certificate, &token)).await.accepted();
}

/// RFC 8446 §4.4.2: the sender's certificate comes first.
#[tokio::test]
async fn the_first_certificate_of_the_chain_is_that_of_the_client() {
    let (own, authority) = (ClientDer::generate("alice"), ClientDer::generate("ca"));
    let layer = layer(ClientCertificates::from_extensions(|extensions| {
        let tls = extensions.get::<Arc<TlsInfo>>()?;
        ClientCertificate::from_chain(&tls.peer_certificates)
    }));
    let over = |chain: &[&ClientDer]| {
        let mut info = TlsInfo::default();
        info.peer_certificates = chain.iter().map(|one| one.0.clone()).collect();
        let mut request = bearer(&bound_to(&own));
        request.extensions_mut().insert(Arc::new(info));
        request
    };
    ask(&layer, over(&[&own])).await.accepted();
    ask(&layer, over(&[&own, &authority])).await.accepted();
    for other in [&[][..], &[&authority], &[&authority, &own]] {
        let answer = ask(&layer, over(other)).await;
        answer.invalid_token(ErrorKind::UnprovenBinding);
    }
}
