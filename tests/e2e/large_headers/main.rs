//! Tokens and proofs with ML-DSA through servers and proxies: the table of `docs/post-quantum.md` is
//! what happens. Proxies need their programs, as in `tests/e2e/mtls`.

mod proxy;
mod server;

#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use tower_jwt_auth::testing::{DpopClient, TestKey};
use tower_jwt_auth::{Algorithm, Dpop, Issuer, JwtAuthLayer, KeySet};

use crate::server::{Protocol, ROUTE};
use crate::support::{AUDIENCE, ISSUER, builder_for, key, key_set, ml_dsa, token_of, tokio};

/// The URL of the service as clients know it, wherever it is.
const ORIGIN: &str = "https://api.example";

/// How long a response may take, also on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The columns of the table: the algorithm of the token, and that of the proof if there is one.
const COLUMNS: [(&str, Algorithm, Option<Algorithm>); 6] = {
    use Algorithm::{ES256, MlDsa44, MlDsa65, MlDsa87};
    [
        ("token 87", MlDsa87, None),
        ("proof 44", ES256, Some(MlDsa44)),
        ("proof 65", ES256, Some(MlDsa65)),
        ("proof 87", ES256, Some(MlDsa87)),
        ("both 65", MlDsa65, Some(MlDsa65)),
        ("both 87", MlDsa87, Some(MlDsa87)),
    ]
};

/// Returns the layer of every server: DPoP beside bearer tokens, with ML-DSA.
pub(crate) fn layer() -> JwtAuthLayer {
    let algorithms = || ml_dsa().chain([Algorithm::ES256]);
    let keys: KeySet = key_set(algorithms().map(key));
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE).algorithms(algorithms());
    let dpop = Dpop::optional().algorithms(algorithms());
    let dpop = dpop.public_origin(ORIGIN).unwrap();
    builder_for(issuer).dpop(dpop).build().unwrap()
}

/// Returns the values of `Authorization` and `DPoP`.
fn headers(token: Algorithm, proof: Option<Algorithm>, method: &str) -> (String, Option<String>) {
    let signer: &TestKey = key(token);
    let Some(proof) = proof else {
        return (format!("Bearer {}", token_of(signer).sign()), None);
    };
    let client = DpopClient::new(key(proof));
    let token = token_of(signer).bound_to(&client).sign();
    let proof = client.proof(method, &format!("{ORIGIN}{ROUTE}"), &token);
    let proof = proof.clock(&support::clock()).sign();
    (format!("DPoP {token}"), Some(proof))
}

/// Returns a client with a connection of its own, since a server may close it.
fn client(protocol: Protocol) -> Client {
    let client = Client::builder().no_proxy().timeout(TIMEOUT);
    let client = match protocol {
        Protocol::Http1 => client.http1_only(),
        Protocol::Http2 | Protocol::Grpc => client.http2_prior_knowledge(),
    };
    client.build().unwrap()
}

/// Sends a request with these algorithms, and returns what happens: `yes`, the status, or `closed`
/// if the server closes the connection or the stream.
async fn outcome(
    address: SocketAddr,
    protocol: Protocol,
    token: Algorithm,
    proof: Option<Algorithm>,
) -> String {
    let method = protocol.method();
    let (authorization, proof) = headers(token, proof, method.as_str());
    let mut request = client(protocol)
        .request(method, format!("http://{address}{ROUTE}"))
        .header("authorization", authorization);
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    let response = match protocol.complete(request).send().await {
        Ok(response) => response,
        Err(error) => {
            let is_closed = !(error.is_connect() || error.is_timeout() || error.is_builder());
            assert!(is_closed, "{error:?}");
            return "closed".to_owned();
        }
    };
    let is_accepted = !response.headers().contains_key("grpc-status");
    match response.status() {
        StatusCode::OK if is_accepted => "yes".to_owned(),
        status => status.as_u16().to_string(),
    }
}

/// Returns the outcome of each column. Requires that the server accepts small requests after each.
async fn outcomes(address: SocketAddr, protocol: Protocol) -> Vec<String> {
    let mut outcomes = Vec::new();
    for (column, token, proof) in COLUMNS {
        outcomes.push(outcome(address, protocol, token, proof).await);
        let small = outcome(address, protocol, Algorithm::ES256, None).await;
        assert_eq!(small, "yes", "after {column}");
    }
    outcomes
}

/// Returns the cells of the row with this name in the table of the guide.
fn documented(name: &str) -> Vec<String> {
    let guide = include_str!("../../../docs/post-quantum.md");
    let columns = COLUMNS.map(|(name, ..)| name).join(" | ");
    assert!(
        guide.contains(&columns),
        "the table has the columns {columns}"
    );
    let start = format!("| {name} | ");
    let row = guide.lines().find_map(|line| line.strip_prefix(&start));
    let row = row.unwrap_or_else(|| panic!("no row {name:?} in docs/post-quantum.md"));
    let cells = row.trim_end_matches(" |").split(" | ");
    cells.map(ToOwned::to_owned).collect()
}

async fn assert_documented(name: &str, address: SocketAddr, protocol: Protocol) {
    assert_eq!(
        outcomes(address, protocol).await,
        documented(name),
        "{name}"
    );
}

/// Returns whether this build verifies ML-DSA. Prints a line if it does not.
fn is_run() -> bool {
    let is_run = ml_dsa().next().is_some();
    if !is_run {
        eprintln!("NOT RUN: this build does not verify ML-DSA");
    }
    is_run
}

#[tokio::test]
async fn hyper_and_axum() {
    if is_run() {
        let address = server::axum().await;
        assert_documented("hyper and axum, HTTP/1.1", address, Protocol::Http1).await;
        assert_documented("hyper and axum, HTTP/2", address, Protocol::Http2).await;
        let address = server::hyper(32 * 1024).await;
        let name = "hyper, HTTP/2, `max_header_list_size(32 * 1024)`";
        assert_documented(name, address, Protocol::Http2).await;
    }
}

#[tokio::test]
async fn tonic() {
    if is_run() {
        let address = server::tonic(None).await;
        assert_documented("tonic", address, Protocol::Grpc).await;
        let address = server::tonic(Some(32 * 1024)).await;
        let name = "tonic, `http2_max_header_list_size(32 * 1024)`";
        assert_documented(name, address, Protocol::Grpc).await;
    }
}

#[tokio::test]
async fn nginx() {
    let setting = "large_client_header_buffers 4 16k;";
    for (name, http2, setting) in [
        ("nginx, HTTP/1.1", false, ""),
        ("nginx, HTTP/2", true, ""),
        ("nginx, `large_client_header_buffers 4 16k`", false, setting),
        ("nginx, `large_client_header_buffers 4 16k`", true, setting),
    ] {
        let Some(proxy) = proxy::nginx(http2, setting).await else {
            return;
        };
        assert_documented(name, proxy.address, protocol(http2)).await;
    }
}

#[tokio::test]
async fn haproxy() {
    let setting = "global\ntune.bufsize 32768\n";
    for (name, http2, setting) in [
        ("HAProxy, HTTP/1.1", false, ""),
        ("HAProxy, HTTP/2", true, ""),
        ("HAProxy, `tune.bufsize 32768`", false, setting),
        ("HAProxy, `tune.bufsize 32768`", true, setting),
    ] {
        let Some(proxy) = proxy::haproxy(http2, setting).await else {
            return;
        };
        assert_documented(name, proxy.address, protocol(http2)).await;
    }
}

const fn protocol(http2: bool) -> Protocol {
    if http2 {
        Protocol::Http2
    } else {
        Protocol::Http1
    }
}
