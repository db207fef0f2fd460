//! HTTP/1.1 and HTTP/2 on axum-server, and on hyper with tokio-rustls.

use std::net::SocketAddr;

use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;

use crate::clients::{headers_of_proxies, http_client, send};
use crate::pki::Authority;
use crate::support::client_certificate::ClientDer;
use crate::support::{token, tokio};
use crate::{auth, axum_server, bound_to, hyper_server};

async fn servers(authority: &Authority) -> [SocketAddr; 2] {
    [
        axum_server::start(&authority.server_tls().unwrap(), auth).unwrap(),
        hyper_server::start(&authority.server_tls().unwrap(), auth)
            .await
            .unwrap(),
    ]
}

#[tokio::test]
async fn a_bound_token_is_accepted_over_a_connection_with_its_certificate() {
    let authority = Authority::new().unwrap();
    let alice = authority.client("alice").unwrap();
    for server in servers(&authority).await {
        let client = http_client(&authority, Some(&alice));
        let response = send(server, &client, &bound_to(&alice), &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.text().await.unwrap();
        assert!(
            body.starts_with("bound to ") && body.len() == 9 + 43,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_stolen_token_is_rejected_with_another_certificate_and_with_none() {
    let authority = Authority::new().unwrap();
    let alice = authority.client("alice").unwrap();
    // The same authority and name, and another key.
    let thief = authority.client("alice").unwrap();
    for server in servers(&authority).await {
        for certificate in [Some(&thief), None] {
            let client = http_client(&authority, certificate);
            let response = send(server, &client, &bound_to(&alice), &[]).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
            assert!(
                challenge.starts_with("Bearer error=\"invalid_token\""),
                "{challenge}"
            );
        }
    }
}

#[tokio::test]
async fn the_certificate_in_a_header_does_not_replace_that_of_the_connection() {
    let authority = Authority::new().unwrap();
    let (alice, thief) = (
        authority.client("alice").unwrap(),
        authority.client("b").unwrap(),
    );
    for server in servers(&authority).await {
        for certificate in [Some(&thief), None] {
            let client = http_client(&authority, certificate);
            for (name, value) in headers_of_proxies(&alice) {
                let token = bound_to(&alice);
                let response = send(server, &client, &token, &[(name, &value)]).await;
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
            }
        }
        // Nor does it harm.
        let client = http_client(&authority, Some(&alice));
        for (name, value) in headers_of_proxies(&thief) {
            let response = send(server, &client, &bound_to(&alice), &[(name, &value)]).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_bound_or_bound_to_another_certificate_is_rejected() {
    let authority = Authority::new().unwrap();
    let alice = authority.client("alice").unwrap();
    let other = ClientDer::generate("alice");
    let bound_to_other = token().bound_to_certificate(&other.0).sign();
    for server in servers(&authority).await {
        let client = http_client(&authority, Some(&alice));
        for token in [token().sign(), bound_to_other.clone()] {
            let response = send(server, &client, &token, &[]).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        }
    }
}
