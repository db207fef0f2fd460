//! The example `operated`. `tests/e2e/prometheus/run.sh` runs it with Prometheus.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tower_jwt_auth::testing::{DpopClient, TestIssuer};
use tower_jwt_auth::{Algorithm, Secret};

use crate::harness::{Server, default_port_in_use, run};
use crate::support::tokio;

/// Returns the tokens of the printed commands.
fn tokens(printed: &[String]) -> Vec<&str> {
    let lines = printed.iter().filter_map(|line| line.split_once("Bearer "));
    lines
        .map(|(_, token)| token.trim_end_matches('\''))
        .collect()
}

#[tokio::test]
async fn the_printed_commands_show_each_outcome_and_the_metrics_count_it() {
    let mut server = Server::start("operated", &["--listen", "127.0.0.1:0"]).await;
    let printed = server.printed_until("# without a token").await;
    let [good, without_scope, expired] = tokens(&printed)[..] else {
        panic!("{printed:#?}")
    };
    assert_eq!(good, without_scope);
    let me = server.request("/me", Some(good)).await;
    assert_eq!((me.status, &*me.body), (StatusCode::OK, "hello alice\n"));
    let admin = server.request("/admin", Some(good)).await;
    assert_eq!(admin.status, StatusCode::FORBIDDEN);
    let rejected = server.request("/me", Some(expired)).await;
    assert_eq!(rejected.status, StatusCode::UNAUTHORIZED);
    let metrics = server.get("/metrics").await.body;
    for part in [
        "jwt_auth_requests_total{outcome=\"accepted\",reason=\"none\",scheme=\"bearer\"",
        "jwt_auth_requests_total{outcome=\"rejected\",reason=\"expired\",scheme=\"bearer\"",
        "jwt_auth_requirement_rejections_total{reason=\"insufficient_scope\"} 1",
        "state=\"fresh\"} 1",
        "# HELP jwt_auth_requests_total ",
    ] {
        assert!(metrics.contains(part), "{part}: {metrics}");
    }
    for (path, status) in [
        ("/livez", "live"),
        ("/readyz", "ready"),
        ("/healthz", "ready"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, &answer.json()["status"]),
            (StatusCode::OK, &json!(status))
        );
    }
}

#[tokio::test]
async fn it_starts_without_its_issuer_and_is_ready_when_that_is_there() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.stop().await;
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--issuer",
        issuer.issuer(),
        "--audience",
        "https://api.example",
    ];
    let server = Server::start("operated", &arguments).await;
    let absent = json!({"status": "not_ready"});
    for (path, status) in [("/readyz", 503), ("/healthz", 200)] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (status, absent.clone())
        );
    }
    assert_eq!(server.get("/livez").await.status, StatusCode::OK);
    issuer.restart().await.unwrap();
    let mut tries = 0;
    while server.get("/readyz").await.status != StatusCode::OK {
        assert!(tries < 100, "it is not ready after {tries} probes");
        tries += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answer = server.request("/me", Some(&issuer.token().sign())).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_and_probes_with_reasons_have_a_listener_of_their_own_on_demand() {
    let arguments = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let mut server = Server::start("operated", &arguments).await;
    let printed = server.printed_until("# without a token").await;
    let admin = printed
        .iter()
        .find_map(|line| line.strip_prefix("metrics and probes on "));
    let admin = admin.unwrap().to_owned();
    for path in ["/metrics", "/livez", "/readyz", "/healthz"] {
        assert_eq!(server.get(path).await.status, StatusCode::NOT_FOUND);
    }
    server.url = admin;
    let ready = json!({"status": "ready", "reasons": []});
    assert_eq!(server.get("/readyz").await.json(), ready);
    let metrics = server.get("/metrics").await;
    assert!(metrics.body.contains("jwt_auth_"), "{}", metrics.body);
    assert_eq!(server.get("/me").await.status, StatusCode::NOT_FOUND);
}

/// Returns what `/readyz` responds with.
async fn readiness(server: &Server) -> (u16, String) {
    let answer = server.get("/readyz").await;
    let status = answer.json()["status"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), status)
}

/// The keys are stale 6 s after they were fetched, and expire 30 s later: that the instance is then
/// not ready is seen in the test with Prometheus.
#[tokio::test]
async fn an_outage_of_its_issuer_is_seen_in_the_probes() {
    let options = [
        "--listen",
        "127.0.0.1:0",
        "--fast",
        "--outage-after",
        "1",
        "--outage-for",
        "11",
    ];
    let server = Server::start("operated", &options).await;
    let mut seen = vec![readiness(&server).await];
    let start = tokio::time::Instant::now();
    let expected = [(200, "ready"), (200, "degraded"), (200, "ready")];
    while seen.len() < expected.len() && start.elapsed() < Duration::from_secs(75) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = readiness(&server).await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(
        seen,
        expected.map(|(code, status)| (code, status.to_owned()))
    );
    server.logged("the issuer is back").await;
}

#[tokio::test]
async fn only_an_issuer_of_its_own_can_be_stopped() {
    let of_other = ["--issuer", "https://login.example", "--audience", "a"];
    for args in [
        &[&of_other[..], &["--outage-after", "1"]].concat()[..],
        &["--outage-for", "1"],
        &["--outage-after", "soon"],
    ] {
        let output = run("operated", args).await;
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_in_use_is_named_and_the_default_one_is_replaced() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for option in ["--listen", "--admin-listen"] {
        let output = run("operated", &[option, &address]).await;
        let message = String::from_utf8_lossy(&output.stderr);
        let expected = format!("operated: can't listen on {address}: ");
        assert!(message.contains(&expected), "{message}");
        assert_eq!(output.status.code(), Some(1));
    }
    let _taken = default_port_in_use().await;
    let server = Server::start("operated", &[]).await;
    assert_ne!(server.url, "http://127.0.0.1:8080");
    server.logged("127.0.0.1:8080 is in use").await;
}

/// Without one, each instance would ask for a nonce of its own.
#[tokio::test]
async fn instances_with_one_nonce_key_accept_each_others_nonces() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nonce-key");
    let key = Secret::generate(Algorithm::HS256).unwrap();
    std::fs::write(&file, &*key.to_base64url()).unwrap();
    let issuer = TestIssuer::start().await.unwrap();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--issuer",
        issuer.issuer(),
        "--audience",
        "https://api.example",
        "--nonce-key",
        file.to_str().unwrap(),
    ];
    let [one, two] = [
        Server::start("operated", &arguments).await,
        Server::start("operated", &arguments).await,
    ];
    let client = DpopClient::generate(Algorithm::ES256);
    let token = issuer.token().bound_to(&client).sign();
    let uris = [&one, &two].map(|server| format!("{}/me", server.url));
    let first = one.get_bound("/me", &client, &token, &uris[0]).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED, "{first:?}");
    assert!(client.store_nonce(&first.headers));
    let second = two.get_bound("/me", &client, &token, &uris[1]).await;
    assert_eq!(second.status, StatusCode::OK, "{second:?}");
}

#[tokio::test]
async fn a_wrong_command_line_is_answered_with_the_usage() {
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--wrong"], 2),
        (&["--listen", "x"], 2),
        // An audience of its own.
        (&["--issuer", "https://login.example"], 2),
    ] {
        let output = run("operated", arguments).await;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains("usage: operated [--issuer URL"), "{text}");
    }
}
