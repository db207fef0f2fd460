//! The log events of a client certificate that is ignored or can't be read.

use std::convert::Infallible;

use http::{HeaderValue, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    CertificateHeader, ClientCertificates, Issuer, JwtAuthLayer, PeerAddress, TrustedProxies,
};

use crate::support::system_clock::request;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};
use crate::{TURN, capture, text};

/// A value that is nothing, and must not be logged.
const TELLTALE: &str = "telltale-4711";

fn layer() -> JwtAuthLayer {
    let proxies = TrustedProxies::networks(["10.11.12.13"]).unwrap();
    let header = CertificateHeader::client_cert();
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .mtls(ClientCertificates::from_header(header, proxies))
        .build()
        .unwrap()
}

async fn send(layer: &JwtAuthLayer, peer: Option<[u8; 4]>) {
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    let token = token.bound_to_certificate("certificate").sign();
    let mut request: Request<String> = request(Some(&token));
    let value = HeaderValue::from_static(TELLTALE);
    request.headers_mut().insert("client-cert", value);
    if let Some(peer) = peer {
        request
            .extensions_mut()
            .insert(PeerAddress::Ip(peer.into()));
    }
    let inner = service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let _ = layer.clone().layer(inner).oneshot(request).await;
}

fn assert_shows_nothing_of_the_request(text: &str) {
    for piece in [TELLTALE, "10.11.12.13", "192.0.2", "x5t"] {
        assert!(!text.contains(piece), "{piece}: {text}");
    }
}

#[tokio::test]
async fn an_unknown_address_of_the_peer_is_an_error_that_is_logged_once() {
    let _turn = TURN.lock().await;
    capture();
    let layer = layer();
    for _ in 0..3 {
        send(&layer, None).await;
    }
    let text = text();
    let events = text
        .lines()
        .filter(|line| line.contains("no address of the peer"));
    let events: Vec<_> = events.collect();
    assert_eq!(events.len(), 1, "{text}");
    assert!(
        events[0].contains("ERROR") && events[0].contains("client-cert"),
        "{text}"
    );
    assert_shows_nothing_of_the_request(&text);
}

#[tokio::test]
async fn a_header_of_another_peer_is_reported_at_debug() {
    let _turn = TURN.lock().await;
    capture();
    send(&layer(), Some([192, 0, 2, 1])).await;
    let text = text();
    let event = text
        .lines()
        .find(|line| line.contains("is not one of the trusted proxies"));
    let event = event.unwrap_or_else(|| panic!("{text}"));
    assert!(
        event.contains("DEBUG") && event.contains("client-cert"),
        "{text}"
    );
    assert_shows_nothing_of_the_request(&text);
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_reported_with_the_reason() {
    let _turn = TURN.lock().await;
    capture();
    send(&layer(), Some([10, 11, 12, 13])).await;
    let text = text();
    let event = text
        .lines()
        .find(|line| line.contains("it is not a Byte Sequence"));
    let event = event.unwrap_or_else(|| panic!("{text}"));
    assert!(
        event.contains("DEBUG") && event.contains("client-cert"),
        "{text}"
    );
    assert_shows_nothing_of_the_request(&text);
}
