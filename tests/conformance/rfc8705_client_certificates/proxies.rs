//! The certificate in a header, from trusted proxies only (RFC 9440 §2.2, §4).

use http::{Method, Version};
use tower_jwt_auth::{
    CertificateHeader, ClientCertificate, ClientCertificates, ErrorKind, JwtAuthLayer, PeerAddress,
    TrustedProxies,
};

use super::{behind_a_proxy, bound_to, client_cert, layer, over, through_the_proxy};
use crate::support::client_certificate::ClientDer;
use crate::support::tokio;
use crate::support::{ask, token};

const NAME: &str = "client-cert";

fn rfc_9440() -> JwtAuthLayer {
    behind_a_proxy(CertificateHeader::client_cert())
}

#[tokio::test]
async fn a_header_of_a_trusted_proxy_proves_the_binding() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let token = bound_to(&own);
    let (value, others) = (client_cert(&own), client_cert(&other));
    let layer = rfc_9440();
    ask(&layer, through_the_proxy(NAME, &[&value], &token))
        .await
        .accepted();
    for values in [&[&*others][..], &[]] {
        let answer = ask(&layer, through_the_proxy(NAME, values, &token)).await;
        answer.invalid_token(ErrorKind::UnprovenBinding);
    }
}

#[tokio::test]
async fn a_header_from_elsewhere_counts_as_none() {
    let own = ClientDer::generate("alice");
    let (token, value) = (bound_to(&own), client_cert(&own));
    let layer = rfc_9440();
    for peer in [
        "10.0.0.2",
        "192.0.2.1",
        "::1",
        "::ffff:10.0.0.2",
        "::10.0.0.1",
    ] {
        let mut request = through_the_proxy(NAME, &[&value], &token);
        let peer = PeerAddress::Ip(peer.parse().unwrap());
        request.extensions_mut().insert(peer);
        let answer = ask(&layer, request).await.named(peer);
        answer.invalid_token(ErrorKind::UnprovenBinding);
    }
    let mut mapped = through_the_proxy(NAME, &[&value], &token);
    let peer = PeerAddress::Ip("::ffff:10.0.0.1".parse().unwrap());
    mapped.extensions_mut().insert(peer);
    ask(&layer, mapped).await.accepted();
    let mut socket = through_the_proxy(NAME, &[&value], &token);
    socket.extensions_mut().insert(PeerAddress::UnixSocket);
    let answer = ask(&layer, socket).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn no_proxy_is_trusted_where_the_address_of_the_peer_is_not_known() {
    let own = ClientDer::generate("alice");
    let mut request = through_the_proxy(NAME, &[&client_cert(&own)], &bound_to(&own));
    request.extensions_mut().remove::<PeerAddress>();
    request
        .headers_mut()
        .insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
    let answer = ask(&rfc_9440(), request).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn a_proxy_on_a_unix_socket_is_trusted_where_it_is_configured() {
    let own = ClientDer::generate("alice");
    let header = CertificateHeader::client_cert();
    let certificates = ClientCertificates::from_header(header, TrustedProxies::unix_socket());
    let mut request = through_the_proxy(NAME, &[&client_cert(&own)], &bound_to(&own));
    request.extensions_mut().insert(PeerAddress::UnixSocket);
    ask(&layer(certificates), request).await.accepted();
}

/// RFC 9440 §2.2: it is no list, and has one value.
#[tokio::test]
async fn a_repeated_header_or_a_list_is_an_invalid_request() {
    let own = ClientDer::generate("alice");
    let (token, value) = (bound_to(&own), client_cert(&own));
    let list = format!("{value}, {value}");
    for values in [
        &[&*value, &*value][..],
        &[&value, "x"],
        &["", &value],
        &[&list],
    ] {
        let answer = ask(&rfc_9440(), through_the_proxy(NAME, values, &token)).await;
        answer.invalid_request();
    }
    // From elsewhere, it is ignored like any other.
    let mut request = through_the_proxy(NAME, &[&value, &value], &token);
    request.extensions_mut().insert(PeerAddress::UnixSocket);
    let answer = ask(&rfc_9440(), request).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_a_binding_that_is_not_proven() {
    let own = ClientDer::generate("alice");
    let token = bound_to(&own);
    for value in ["", "x", "::", ":AAAA:"] {
        let answer = ask(&rfc_9440(), through_the_proxy(NAME, &[value], &token)).await;
        answer
            .named(value)
            .invalid_token(ErrorKind::UnprovenBinding);
    }
}

/// What else proxies and servers take for the same name.
#[tokio::test]
async fn a_header_with_a_similar_name_is_not_read() {
    let own = ClientDer::generate("alice");
    let (token, value) = (bound_to(&own), client_cert(&own));
    for name in [
        "client_cert",
        "Client_Cert",
        "x-client-cert",
        "client-cert-chain",
    ] {
        let answer = ask(&rfc_9440(), through_the_proxy(name, &[&value], &token)).await;
        answer.named(name).invalid_token(ErrorKind::UnprovenBinding);
    }
    let upper = through_the_proxy("CLIENT-CERT", &[&value], &token);
    ask(&rfc_9440(), upper).await.accepted();
}

#[tokio::test]
async fn the_certificate_of_the_connection_is_not_read_where_a_header_is_the_source() {
    let (own, proxy) = (ClientDer::generate("alice"), ClientDer::generate("proxy"));
    let token = bound_to(&own);
    let answer = ask(&rfc_9440(), over(&own, &token)).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
    // The proxy's own certificate is that of the connection.
    let mut request = through_the_proxy(NAME, &[&client_cert(&own)], &token);
    let of_connection = ClientCertificate::from_der(&proxy.0);
    request.extensions_mut().insert(of_connection);
    ask(&rfc_9440(), request).await.accepted();
}

#[tokio::test]
async fn a_token_that_is_not_bound_does_not_depend_on_the_header() {
    let unbound = token().sign();
    for values in [&[][..], &["x"], &["x", "x"]] {
        ask(&rfc_9440(), through_the_proxy(NAME, values, &unbound))
            .await
            .accepted();
    }
}

#[tokio::test]
async fn a_grpc_call_gets_the_status_of_grpc() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let call = |values: &[&str]| {
        let mut request = through_the_proxy(NAME, values, &bound_to(&own));
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        let headers = request.headers_mut();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        headers.insert("te", "trailers".parse().unwrap());
        request
    };
    let (value, others) = (client_cert(&own), client_cert(&other));
    ask(&rfc_9440(), call(&[&value])).await.accepted();
    for (values, status) in [
        (&[&*others][..], "16"),
        (&[], "16"),
        (&[&value, &value], "3"),
    ] {
        let answer = ask(&rfc_9440(), call(values)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("grpc-status"), Some(status));
    }
}
