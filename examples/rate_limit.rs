//! Rate limits before and after authentication: by address, so that a flood of bad tokens costs little, and by caller,
//! so that nobody's burst is another's.
//!
//! ```text
//! cargo run --example rate_limit --all-features
//! ```
//!
//! brings an issuer of its own and prints commands to paste, each with what to expect. For your own provider:
//!
//! ```text
//! cargo run --example rate_limit --all-features -- ISSUER AUDIENCE [ADDRESS]
//! for i in 1 2 3 4 5 6 7; do curl -si http://127.0.0.1:3000/whoami -H "Authorization: Bearer $TOKEN" | head -1; done
//! ```
//!
//! The first five answer 200, the others 429 with `retry-after`; another subject's token still works. Without a token
//! it is 401 fifty times, and then 429 for the whole address, until a second has passed.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its user"
)]

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::interval;
use tower::ServiceBuilder;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Claims, ClaimsKeyExtractor, JsonClaims, JwtAuthLayer, RequireLayer};

const ADDRESS: &str = "127.0.0.1:3000";
const AUDIENCE: &str = "https://api.example";
/// How often limits are forgotten that are whole again: their tables would only grow.
const TIDY: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => demo(ADDRESS).await,
        [address] if address.parse::<SocketAddr>().is_ok() => demo(address).await,
        [issuer, audience] => serve(ADDRESS, issuer, audience, |_| String::new()).await,
        [issuer, audience, address] => serve(address, issuer, audience, |_| String::new()).await,
        _ => {
            eprintln!("usage: rate_limit [ADDRESS] | rate_limit ISSUER AUDIENCE [ADDRESS]");
            std::process::exit(2);
        }
    }
}

/// From the outside to the inside: address limit, authentication, caller's limit; the scope stands on its route.
fn app(auth: JwtAuthLayer) -> Result<Router, Box<dyn Error>> {
    // Behind a proxy that sets `Forwarded` or `X-Forwarded-For`, and only there: SmartIpKeyExtractor.
    let by_address = GovernorConfigBuilder::default()
        .burst_size(50)
        .per_second(1)
        .finish()
        .ok_or("no quota")?;
    let by_caller = GovernorConfigBuilder::default()
        .burst_size(5)
        .per_second(60)
        .key_extractor(ClaimsKeyExtractor::<JsonClaims>::subject())
        .finish()
        .ok_or("no quota")?;
    let (addresses, callers) = (by_address.limiter().clone(), by_caller.limiter().clone());
    every(TIDY, move || {
        addresses.retain_recent();
        callers.retain_recent();
    });
    let read = RequireLayer::all_scopes(["orders:read"])?.rejection_response_of(&auth);
    let around = ServiceBuilder::new()
        .layer(GovernorLayer::new(by_address))
        .layer(auth)
        .layer(GovernorLayer::new(by_caller));
    Ok(Router::new()
        .route("/whoami", get(whoami))
        .route("/orders", get(|| async { "orders\n" }).layer(read))
        .layer(around))
}

async fn whoami(claims: Claims) -> String {
    format!("{}\n", claims.subject().unwrap_or("somebody"))
}

fn every(period: Duration, mut work: impl FnMut() + Send + 'static) {
    tokio::spawn(async move {
        let mut interval = interval(period);
        loop {
            interval.tick().await;
            work();
        }
    });
}

async fn demo(address: &str) -> Result<(), Box<dyn Error>> {
    let issuer = TestIssuer::start().await?;
    let token = |subject, scope| {
        issuer
            .token()
            .audience(AUDIENCE)
            .subject(subject)
            .scope(scope)
            .sign()
    };
    let (alice, bob) = (token("alice", "orders:read"), token("bob", "profile"));
    serve(address, issuer.issuer(), AUDIENCE, |address| {
        commands(address, &alice, &bob)
    })
    .await
}

async fn serve(
    address: &str,
    issuer: &str,
    audience: &str,
    greeting: impl FnOnce(SocketAddr) -> String,
) -> Result<(), Box<dyn Error>> {
    let app = app(JwtAuthLayer::discover(issuer, audience).await?)?;
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}\n{}", greeting(address));
    // The limit by address needs the address.
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await?;
    Ok(())
}

/// What to paste, with what to expect.
fn commands(address: SocketAddr, alice: &str, bob: &str) -> String {
    let many = |times: u32, path: &str, token: &str| {
        format!(
            "for i in $(seq {times}); do curl -so /dev/null -w '%{{http_code}} ' http://{address}{path} \
             -H 'Authorization: Bearer {token}'; done; echo"
        )
    };
    format!(
        "
# Alice, seven times: 200 five times, 429 twice
{}

# Bob, meanwhile: 200, and 403 for the orders, whose scope he lacks
{}
{}

# A flood of bad tokens: 401 while the address has some of its quota left, then 429
{}

To stop: Ctrl-C.",
        many(7, "/orders", alice),
        many(1, "/whoami", bob),
        many(1, "/orders", bob),
        many(60, "/whoami", "bad")
    )
}
