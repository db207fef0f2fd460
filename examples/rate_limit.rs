//! Rate limits before and after authentication. The limit by address keeps a flood of invalid
//! tokens cheap; the limit by caller keeps one caller's burst from using up another's quota.
//!
//! ```text
//! cargo run --example rate_limit --features full
//! ```
//!
//! starts an issuer of its own and prints commands to paste, each with the expected status. For
//! your own provider:
//!
//! ```text
//! cargo run --example rate_limit --features full -- ISSUER AUDIENCE [ADDRESS]
//! for i in 1 2 3 4 5 6 7; do curl -si http://127.0.0.1:3000/whoami -H "Authorization: Bearer $TOKEN" | head -1; done
//! ```
//!
//! The first five are answered with 200, the others with 429 and `retry-after`; a token of another
//! subject still works. Requests without a token are answered with 401 fifty times, then with 429:
//! the quota of the address is used up, and grows again by one request a second.

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
/// How often entries with a full quota are removed. Without that, the tables of the limiters would
/// grow with each new address and each new subject.
const CLEAN_UP: Duration = Duration::from_secs(60);

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

/// Returns the router. Its layers from the outside in: limit by address, authentication, limit by
/// caller. The required scope belongs to its route.
fn app(auth: JwtAuthLayer) -> Result<Router, Box<dyn Error>> {
    // Use `SmartIpKeyExtractor` behind a proxy that sets `Forwarded` or `X-Forwarded-For`, and only
    // there: elsewhere clients choose these headers.
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
    every(CLEAN_UP, move || {
        addresses.retain_recent();
        callers.retain_recent();
    });
    let read = RequireLayer::all_scopes(["orders:read"])?;
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
    format!("{}\n", claims.subject().unwrap_or("anonymous"))
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
    instructions: impl FnOnce(SocketAddr) -> String,
) -> Result<(), Box<dyn Error>> {
    let app = app(JwtAuthLayer::discover(issuer, audience).await?)?;
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}\n{}", instructions(address));
    // The limit by address reads the address from `ConnectInfo`.
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await?;
    Ok(())
}

/// Returns commands to paste, each with the expected status.
fn commands(address: SocketAddr, alice: &str, bob: &str) -> String {
    let requests = |times: u32, path: &str, token: &str| {
        format!(
            "for i in $(seq {times}); do curl -so /dev/null -w '%{{http_code}} ' http://{address}{path} \
             -H 'Authorization: Bearer {token}'; done; echo"
        )
    };
    format!(
        "
# Alice, seven times: 200 five times, 429 twice
{}

# Bob, meanwhile: 200, and 403 for the orders, because the token lacks their scope
{}
{}

# A flood of invalid tokens: 401 until the quota of the address is used up, then 429
{}

To stop: Ctrl-C.",
        requests(7, "/orders", alice),
        requests(1, "/whoami", bob),
        requests(1, "/orders", bob),
        requests(60, "/whoami", "invalid")
    )
}
