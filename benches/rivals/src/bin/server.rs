//! A server on one thread, whose one route is protected in the way that is asked for. It prints its port. server.sh compares them.
//!
//! ```text
//! server none|floor|first-sight|cached|CRATE TOKENS_FILE
//! ```
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that can't run should say so by a panic"
)]

use std::fs;

use axum::Router;
use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth_rivals::provider::{Provider, bearer, flipped};
use tower_jwt_auth_rivals::{floor, ours, protected, rivals};

/// Tokens in rotation.
const TOKENS: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, tokens_file] = &arguments[..] else {
        panic!("usage: server MODE TOKENS_FILE")
    };
    let provider = Provider::new(Algorithm::RS256);
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
    let our = |remember| protected::router(ours::LOOK).layer(ours::layer(provider, remember));
    match mode {
        "none" => protected::router(|_| true),
        "floor" => protected::router(floor::LOOK).layer(floor::layer()),
        "first-sight" => our(false),
        "cached" => our(true),
        name => {
            let rival = rivals::ALL.into_iter().find(|rival| rival.name == name);
            let rival = rival.unwrap_or_else(|| panic!("{name} is not known"));
            rival
                .router
                .unwrap_or_else(|| panic!("{name} has no server here"))(provider)
        }
    }
}

/// What is protected takes the good token and refuses a bad signature; what is not takes both.
async fn check(mode: &str, router: &Router, token: &str) {
    let refusal = if matches!(mode, "none" | "floor") {
        StatusCode::OK
    } else {
        StatusCode::UNAUTHORIZED
    };
    assert_eq!(
        status(router, token).await,
        StatusCode::OK,
        "{mode} refuses a good token"
    );
    assert_eq!(
        status(router, &flipped(token)).await,
        refusal,
        "{mode} takes a bad signature"
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
