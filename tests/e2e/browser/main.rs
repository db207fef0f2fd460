//! A web app in Chromium that calls an API of another origin with DPoP, below the CORS layer of
//! `docs/sender-constrained.md`. The tests run only if the environment variable `CHROMIUM_PROGRAM`
//! names the browser's program.

mod chromium;
mod report;
mod site;

#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;

use tower_http::cors::{Any, CorsLayer};
use tower_jwt_auth::{DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS};

use crate::report::{Call, Report};
use crate::site::{Site, thumbprint};
use crate::support::tokio;

fn any_origin() -> CorsLayer {
    CorsLayer::new().allow_origin(Any)
}

/// Opens the web app, and returns what its script could read of the responses of an API below this
/// CORS layer. Returns `None` if Chromium is not there.
async fn run_below(cors: CorsLayer) -> Option<Report> {
    let program = std::env::var_os("CHROMIUM_PROGRAM")?;
    let mut site = Site::start(cors).await;
    let url = site.url.clone();
    let report = chromium::open(&program, &url, site.report()).await;
    Some(serde_json::from_str(&report).expect(&report))
}

#[tokio::test]
async fn a_script_of_another_origin_reads_the_nonce_and_succeeds_with_it() {
    let cors = any_origin()
        .allow_headers(DPOP_REQUEST_HEADERS)
        .expose_headers(DPOP_RESPONSE_HEADERS);
    let Some(report) = run_below(cors).await else {
        return;
    };
    let first = report.first;
    assert_eq!(first.rejection(), Some((401, "DPoP", "use_dpop_nonce")));
    assert!(first.nonce.is_some(), "{first:?}");
    let body = format!("alice, bound to {}", thumbprint(&report.jwk));
    assert_eq!(report.retry, Call::succeeded(&body));
    let bearer = report.bearer.rejection();
    assert_eq!(bearer, Some((401, "DPoP", "invalid_token")));
}

#[tokio::test]
async fn without_the_exposed_headers_a_script_can_read_neither_the_challenge_nor_the_nonce() {
    let cors = any_origin().allow_headers(DPOP_REQUEST_HEADERS);
    let Some(report) = run_below(cors).await else {
        return;
    };
    for call in [report.first, report.retry, report.bearer] {
        assert_eq!(call.status, Some(401), "{call:?}");
        assert_eq!((&call.challenge, &call.nonce), (&None, &None), "{call:?}");
    }
}

#[tokio::test]
async fn without_the_allowed_headers_a_browser_sends_no_proof() {
    let cors = any_origin().expose_headers(DPOP_RESPONSE_HEADERS);
    let Some(report) = run_below(cors).await else {
        return;
    };
    for call in [report.first, report.retry, report.bearer] {
        assert_eq!(call, Call::failed("TypeError"));
    }
}
