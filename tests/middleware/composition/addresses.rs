//! Rate limits by address, above authentication.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::{KeyExtractor, PeerIpKeyExtractor, SmartIpKeyExtractor};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthLayer};

use crate::composition::watched::watched_layer;
use crate::support::system_clock::token;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER};

const BURST: u32 = 5;

fn app<K>(auth: JwtAuthLayer, address: K) -> Router
where
    K: KeyExtractor + Send + Sync + 'static,
    K::Key: Send + Sync + 'static,
{
    let hour = Duration::from_secs(60 * 60);
    let limit = GovernorConfigBuilder::default()
        .period(hour)
        .burst_size(BURST)
        .key_extractor(address)
        .finish();
    Router::new()
        .route("/", get(|| async {}))
        .layer(auth)
        .layer(GovernorLayer::new(limit.unwrap()))
}

async fn status(app: &Router, from: &str, forwarded_for: &str, token: &str) -> StatusCode {
    let request = Request::get("/")
        .header("authorization", format!("Bearer {token}"))
        .header("x-forwarded-for", forwarded_for)
        .extension(ConnectInfo::<SocketAddr>(from.parse().unwrap()));
    app.clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
        .status()
}

fn forged() -> String {
    TestKey::generate(Algorithm::ES256)
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .sign()
}

#[tokio::test]
async fn a_flood_of_invalid_tokens_from_one_address_is_limited_before_signatures_are_checked() {
    let (auth, look_ups) = watched_layer();
    let app = app(auth, PeerIpKeyExtractor);
    let forged = forged();
    for _ in 0..BURST {
        assert_eq!(
            status(&app, "192.0.2.1:1000", "", &forged).await,
            StatusCode::UNAUTHORIZED
        );
    }
    let checked = look_ups.get();
    assert!(checked >= 5, "each of them was checked");
    for port in 1000..1100 {
        // Without a proxy, the client chooses the value of this header.
        let (from, forwarded_for) = (
            format!("192.0.2.1:{port}"),
            format!("198.51.100.{}", port % 100),
        );
        assert_eq!(
            status(&app, &from, &forwarded_for, &forged).await,
            StatusCode::TOO_MANY_REQUESTS
        );
    }
    assert_eq!(look_ups.get(), checked, "no key was looked for again");
    assert_eq!(
        status(&app, "192.0.2.2:1000", "", &token()).await,
        StatusCode::OK,
        "other addresses are not limited"
    );
}

#[tokio::test]
async fn behind_a_proxy_the_address_is_the_one_that_the_proxy_forwards() {
    let (auth, look_ups) = watched_layer();
    let app = app(auth, SmartIpKeyExtractor);
    let forged = forged();
    for _ in 0..BURST {
        assert_eq!(
            status(&app, "10.0.0.1:1", "198.51.100.1", &forged).await,
            StatusCode::UNAUTHORIZED
        );
    }
    let checked = look_ups.get();
    assert_eq!(
        status(&app, "10.0.0.1:1", "198.51.100.1", &forged).await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(look_ups.get(), checked);
    assert_eq!(
        status(&app, "10.0.0.1:1", "198.51.100.2", &token()).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_request_without_an_address_is_rejected() {
    let (auth, look_ups) = watched_layer();
    let request = Request::get("/")
        .header("authorization", format!("Bearer {}", token()))
        .body(Body::empty());
    let response = app(auth, PeerIpKeyExtractor)
        .oneshot(request.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (response.status(), look_ups.get()),
        (StatusCode::INTERNAL_SERVER_ERROR, 0)
    );
}
