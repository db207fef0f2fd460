//! A server on one thread with one route, protected in the given way. It prints its port, for
//! server.sh.
//!
//! ```text
//! server none|floor|cached|verify|CRATE TOKENS_FILE ALGORITHM
//! ```
#![allow(clippy::unwrap_used, reason = "a benchmark panics if it can't run")]

use std::fs;

use axum::Router;
use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tower_jwt_auth_rivals::provider::{Provider, bearer, with_flipped_bit};
use tower_jwt_auth_rivals::{floor, ours, protected, rivals};

/// The number of tokens in rotation.
const TOKENS: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, tokens_file, algorithm] = &arguments[..] else {
        panic!("usage: server MODE TOKENS_FILE ALGORITHM")
    };
    let provider = Provider::new(algorithm.parse().unwrap());
    let tokens: Vec<String> = (0..TOKENS).map(|number| provider.token(number)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let router = router(mode, &provider);
        check(mode, &router, &tokens[0]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        fs::write(tokens_file, tokens.join("\n")).unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        axum::serve(listener, router).await.unwrap();
    });
}

fn router(mode: &str, provider: &Provider) -> Router {
    let our = |token_cache| {
        protected::router(ours::CLAIMS_CHECK).layer(ours::layer(provider, token_cache))
    };
    match mode {
        "none" => protected::router(|_| true),
        "floor" => protected::router(floor::CLAIMS_CHECK).layer(floor::layer()),
        "verify" => our(false),
        "cached" => our(true),
        name => {
            let rival = rivals::ALL.into_iter().find(|rival| rival.name == name);
            let rival = rival.unwrap_or_else(|| panic!("unknown mode {name}"));
            rival
                .router
                .unwrap_or_else(|| panic!("{name} has no server"))(provider)
        }
    }
}

/// Asserts that the server accepts a valid token, and rejects an invalid signature if it is
/// protected.
async fn check(mode: &str, router: &Router, token: &str) {
    let expected = if matches!(mode, "none" | "floor") {
        StatusCode::OK
    } else {
        StatusCode::UNAUTHORIZED
    };
    assert_eq!(
        status(router, token).await,
        StatusCode::OK,
        "{mode} rejects a valid token"
    );
    assert_eq!(
        status(router, &with_flipped_bit(token)).await,
        expected,
        "{mode} treats an invalid signature wrongly"
    );
}

async fn status(router: &Router, token: &str) -> StatusCode {
    let request = Request::builder()
        .uri("/")
        .header(AUTHORIZATION, bearer(token))
        .body(Body::empty())
        .unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}
