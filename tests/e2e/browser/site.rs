//! Two servers on loopback, and so two origins: the API, and the web app.

use std::net::{Ipv4Addr, SocketAddr};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tower_http::cors::CorsLayer;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Claims, Dpop, DpopNonces, Issuer, JwtAuthLayer};

use crate::support::{AUDIENCE, encode, tokio};

pub(crate) struct Site {
    /// The page of the web app.
    pub(crate) url: String,
    reports: UnboundedReceiver<String>,
}

impl Site {
    /// Starts the API below this CORS layer, and the web app.
    pub(crate) async fn start(cors: CorsLayer) -> Self {
        let issuer = TestIssuer::start().await.unwrap();
        let api = serve(api(&issuer).layer(cors)).await;
        let (reporter, reports) = mpsc::unbounded_channel();
        let report = async move |report: String| reporter.send(report).unwrap();
        let app = Router::new()
            .route("/", get(Html(include_str!("page.html"))))
            .route("/page.js", script(include_str!("page.js")))
            .route(
                "/dpop.js",
                script(include_str!("../../../examples/browser/dpop.js")),
            )
            .route(
                "/token",
                post(async move |jwk: String| bound(&issuer, &jwk)),
            )
            .route("/report", post(report));
        let app = serve(app).await;
        let url = format!("http://{app}/?api=http://{api}/orders");
        Self { url, reports }
    }

    /// Returns what the script of the page reports, as JSON.
    pub(crate) async fn report(&mut self) -> String {
        self.reports.recv().await.unwrap()
    }
}

fn script(text: &'static str) -> MethodRouter {
    get(([(CONTENT_TYPE, "text/javascript")], text))
}

fn api(issuer: &TestIssuer) -> Router {
    let dpop = Dpop::required().nonces(DpopNonces::random());
    let issuer = Issuer::discovery(issuer.issuer(), AUDIENCE);
    let auth = JwtAuthLayer::builder(issuer).dpop(dpop).build().unwrap();
    Router::new().route("/orders", get(orders)).layer(auth)
}

async fn orders(claims: Claims) -> String {
    let subject = claims.subject().unwrap_or("no subject");
    let confirmation = claims.confirmation();
    let key = confirmation.key_thumbprint().unwrap_or("no key");
    format!("{subject}, bound to {key}")
}

/// Returns a token that is bound to the key with this JWK.
fn bound(issuer: &TestIssuer, jwk: &str) -> String {
    let jkt = thumbprint(&serde_json::from_str(jwk).unwrap());
    let token = issuer.token().subject("alice");
    token.claim("cnf", json!({ "jkt": jkt })).sign()
}

/// Returns the thumbprint of an EC key (RFC 7638 §3).
pub(crate) fn thumbprint(jwk: &Value) -> String {
    let members = ["crv", "kty", "x", "y"].map(|name| format!("\"{name}\":{}", jwk[name]));
    let canonical = format!("{{{}}}", members.join(","));
    encode(digest(&SHA256, canonical.as_bytes()))
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}
