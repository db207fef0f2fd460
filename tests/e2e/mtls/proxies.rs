//! The settings of `docs/sender-constrained.md`, in the proxies themselves. Each test runs only if
//! an environment variable names the proxy's program: `NGINX_PROGRAM`, `HAPROXY_PROGRAM`,
//! `APACHE_PROGRAM` (with `APACHE_MODULES`, the directory of its modules).

use rcgen::{CertificateParams, DnType, KeyPair};
use reqwest::StatusCode;

use crate::bound_to;
use crate::clients::{http_client, send};
use crate::pki::{Authority, Client};
use crate::proxy::{Proxy, apache, haproxy, nginx};
use crate::support::client_certificate::{ClientDer, percent_encoded};
use crate::support::tokio;

/// Asserts what must hold behind every proxy. `forged` are the headers with which a client could
/// pretend to have a certificate.
async fn assert_binds(
    proxy: &Proxy,
    authority: &Authority,
    forged: impl Fn(&Client) -> Vec<(&'static str, String)>,
) {
    let alice = authority.client("alice").unwrap();
    let thief = authority.client("alice").unwrap();
    let token = bound_to(&alice);
    let status = async |client: Option<&Client>, headers: &[(&str, &str)]| {
        let client = http_client(authority, client);
        send(proxy.address, &client, &token, headers).await.status()
    };
    assert_eq!(status(Some(&alice), &[]).await, StatusCode::OK);
    for client in [Some(&thief), None] {
        assert_eq!(status(client, &[]).await, StatusCode::UNAUTHORIZED);
        for (name, value) in forged(&alice) {
            let once = [(name, &*value)];
            let twice = [once[0], once[0]];
            let dropped = [once[0], ("connection", name)];
            for headers in [&once[..], &twice, &dropped] {
                let status = status(client, headers).await;
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{headers:?}");
            }
        }
    }
    for (name, value) in forged(&thief) {
        let status = status(Some(&alice), &[(name, &value)]).await;
        assert_eq!(status, StatusCode::OK, "{name} is replaced");
    }
}

fn self_signed() -> Client {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "alice");
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Client {
        certificate: certificate.der().to_vec(),
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
    }
}

/// Asserts that a self-signed certificate proves the binding (RFC 8705 §2.2).
async fn assert_binds_self_signed(proxy: &Proxy, authority: &Authority) {
    let (alice, thief) = (self_signed(), self_signed());
    for (client, status) in [(&alice, StatusCode::OK), (&thief, StatusCode::UNAUTHORIZED)] {
        let client = http_client(authority, Some(client));
        let response = send(proxy.address, &client, &bound_to(&alice), &[]).await;
        assert_eq!(response.status(), status);
    }
}

/// Returns a value with the names that servers take for one.
fn both(
    hyphens: &'static str,
    underscores: &'static str,
    value: &str,
) -> Vec<(&'static str, String)> {
    [hyphens, underscores]
        .map(|name| (name, value.to_owned()))
        .into()
}

#[tokio::test]
async fn nginx_sends_the_certificate_and_removes_a_forged_one() {
    let authority = Authority::new().unwrap();
    let Some(proxy) = nginx(&authority, ("", "")).await else {
        return;
    };
    assert_binds(&proxy, &authority, |client| {
        let value = percent_encoded(&client.certificate_pem, "-._~");
        both("x-client-cert", "x_client_cert", &value)
    })
    .await;
}

#[tokio::test]
async fn nginx_sends_a_self_signed_certificate_if_it_is_set_up_so() {
    let authority = Authority::new().unwrap();
    let change = (
        "ssl_verify_client optional",
        "ssl_verify_client optional_no_ca",
    );
    if let Some(proxy) = nginx(&authority, change).await {
        assert_binds_self_signed(&proxy, &authority).await;
    }
}

#[tokio::test]
async fn haproxy_sends_the_certificate_and_removes_a_forged_one() {
    let authority = Authority::new().unwrap();
    let Some(proxy) = haproxy(&authority, ("", "")).await else {
        return;
    };
    assert_binds(&proxy, &authority, |client| {
        let certificate = ClientDer(client.certificate.clone());
        let value = format!(":{}:", certificate.base64());
        both("client-cert", "client_cert", &value)
    })
    .await;
}

#[tokio::test]
async fn haproxy_sends_a_self_signed_certificate_if_it_is_set_up_so() {
    let authority = Authority::new().unwrap();
    let all = "verify optional crt-ignore-err all ca-ignore-err all";
    if let Some(proxy) = haproxy(&authority, ("verify optional", all)).await {
        assert_binds_self_signed(&proxy, &authority).await;
    }
}

#[tokio::test]
async fn apache_sends_the_certificate_and_removes_a_forged_one() {
    let authority = Authority::new().unwrap();
    let Some(proxy) = apache(&authority, ("", "")).await else {
        return;
    };
    assert_binds(&proxy, &authority, |client| {
        let pem = client.certificate_pem.trim().replace("\r\n", " ");
        both("x-client-cert", "x_client_cert", &pem.replace('\n', " "))
    })
    .await;
}

#[tokio::test]
async fn apache_sends_a_self_signed_certificate_if_it_is_set_up_so() {
    let authority = Authority::new().unwrap();
    let change = ("SSLVerifyClient optional", "SSLVerifyClient optional_no_ca");
    if let Some(proxy) = apache(&authority, change).await {
        assert_binds_self_signed(&proxy, &authority).await;
    }
}
