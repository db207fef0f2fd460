//! The default HTTP client: names of this machine, HTTP/2, and what it takes from the environment.
//!
//! It reads the environment once, so those tests fetch in processes of their own: this test binary,
//! told to run [`fetch_in_a_process_of_its_own`].

use std::path::Path;
use std::process::Stdio;

use http::Version;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;
use tower_jwt_auth::testing::{TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, Authenticator, Issuer};

use crate::network::support::AUDIENCE;
use crate::support::tls::{Authority, Tls, TlsIssuer, nowhere};
use crate::support::{tokio, wait_for};

const ISSUER: &str = "https://issuer.example";
const JWKS_URI: &str = "TEST_JWKS_URI";

fn authenticator(jwks_uri: &str) -> Authenticator {
    let issuer = Issuer::jwks(ISSUER, jwks_uri, AUDIENCE);
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

#[tokio::test]
async fn localhost_in_any_case_and_the_names_below_it_are_this_machine() {
    let issuer = TestIssuer::start().await.unwrap();
    let uri: http::Uri = issuer.jwks_uri().parse().unwrap();
    let port = uri.port_u16().unwrap();
    for host in [
        "LOCALHOST",
        "LocalHost.",
        "auth.localhost",
        "a.b.LocalHost",
        "127.0.0.1",
    ] {
        let jwks_uri = format!("http://{host}:{port}/jwks");
        let authenticator = authenticator(&jwks_uri);
        let token = issuer.token().issuer(ISSUER).sign();
        let outcome = wait_for(host, authenticator.authenticate(&token)).await;
        assert!(outcome.is_ok(), "{host}: {:?}", authenticator.health());
    }
}

/// Prints the outcome of a fetch, for [`outcome_with`].
#[tokio::test]
#[ignore = "run by other tests, in a process of its own"]
async fn fetch_in_a_process_of_its_own() {
    let authenticator = authenticator(&std::env::var(JWKS_URI).unwrap());
    let _ = authenticator.prefetch().await;
    let error = authenticator.health().remove(0).fetch.unwrap().last_error;
    println!("\noutcome: {}", error.as_deref().unwrap_or("fetched"));
}

/// Returns the outcome of a fetch in a process with these variables of the environment.
async fn outcome_with(jwks_uri: &str, variables: &[(&str, &str)]) -> String {
    let name = "network::default_client::fetch_in_a_process_of_its_own";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env_clear()
        .env(JWKS_URI, jwks_uri)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = wait_for("the process", command.output()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let outcome = text.lines().find_map(|line| line.strip_prefix("outcome: "));
    outcome
        .unwrap_or_else(|| panic!("no outcome: {output:?}"))
        .to_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn keys_are_fetched_from_a_server_that_speaks_http_2_only_or_1_1_only() {
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let certificate = authority.certificate();
    for (protocol, version) in [("h2", Version::HTTP_2), ("http/1.1", Version::HTTP_11)] {
        let tls = Tls {
            protocols: vec![protocol.into()],
            ..Tls::default()
        };
        let issuer = TlsIssuer::start(&authority, &key, tls).await;
        let trusted = [("SSL_CERT_FILE", path(&certificate))];
        let outcome = outcome_with(&issuer.jwks_uri(), &trusted).await;
        assert_eq!(outcome, "fetched", "{protocol}");
        let received = issuer.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].version, version);
        assert_eq!(received[0].headers["accept-encoding"], "identity");
    }
}

#[tokio::test]
async fn without_certificate_authorities_http_works_and_https_says_what_is_missing() {
    let nowhere = path(nowhere());
    let none = [("SSL_CERT_FILE", nowhere), ("SSL_CERT_DIR", nowhere)];
    let issuer = TestIssuer::start().await.unwrap();
    assert_eq!(outcome_with(&issuer.jwks_uri(), &none).await, "fetched");
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let issuer = TlsIssuer::start(&authority, &key, Tls::default()).await;
    let outcome = outcome_with(&issuer.jwks_uri(), &none).await;
    assert!(outcome.contains("No CA certificates"), "{outcome}");
}

/// A proxy that answers each request for a tunnel with 502.
struct Proxy {
    listener: TcpListener,
    url: String,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// Returns the first line of the first request.
    async fn first_request(&self) -> String {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        let mut buffer = vec![0; 1024];
        let len = socket.read(&mut buffer).await.unwrap();
        let answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
        socket.write_all(answer).await.unwrap();
        let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
        text.lines().next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn https_goes_through_the_proxy_of_the_environment() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = Proxy::start().await;
        // Never resolved: the proxy is asked for it.
        let uri = "https://issuer.example/jwks";
        let variables = [(variable, proxy.url.as_str())];
        let fetch = outcome_with(uri, &variables);
        let (line, outcome) = tokio::join!(wait_for(variable, proxy.first_request()), fetch);
        assert_eq!(line, "CONNECT issuer.example:443 HTTP/1.1", "{variable}");
        assert!(outcome.contains("could not be reached"), "{outcome}");
    }
}

#[tokio::test]
async fn a_host_of_no_proxy_and_plain_http_do_not_go_through_the_proxy() {
    let proxy = Proxy::start().await;
    let url = proxy.url.as_str();
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let (tls, certificate) = (
        TlsIssuer::start(&authority, &key, Tls::default()).await,
        authority.certificate(),
    );
    let excepted = [
        ("HTTPS_PROXY", url),
        ("NO_PROXY", "example.org,localhost"),
        ("SSL_CERT_FILE", path(&certificate)),
    ];
    assert_eq!(outcome_with(&tls.jwks_uri(), &excepted).await, "fetched");
    let plain = TestIssuer::start().await.unwrap();
    let all = [("HTTP_PROXY", url), ("http_proxy", url), ("ALL_PROXY", url)];
    assert_eq!(outcome_with(&plain.jwks_uri(), &all).await, "fetched");
}
