//! The API: tokens that are bound to a key of the client, and the CORS layer above.

use std::time::Duration;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderName, InvalidHeaderValue};
use axum::http::{HeaderValue, Method};
use axum::response::Json;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tonic_web::GrpcWebLayer;
use tower::Layer as _;
use tower_http::cors::CorsLayer;
use tower_jwt_auth::{
    Audience, Claims, ConfigError, DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS, Dpop, DpopNonces,
    Issuer, JwtAuthLayer, ResourceMetadata, StepUp, SteppedUp,
};

use crate::greeter::Greeter;
use crate::{Sites, events};

/// What a client may ask for.
const SCOPE: &str = "api";
/// The headers of gRPC-Web: of a request, and of a response without a body.
const GRPC_WEB_REQUEST: [HeaderName; 2] = [CONTENT_TYPE, HeaderName::from_static("x-grpc-web")];
const GRPC_WEB_RESPONSE: [HeaderName; 2] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
];

/// A passkey or the like, used within the last five minutes.
pub(crate) struct Transfer;

impl StepUp for Transfer {
    const ACR_VALUES: &'static [&'static str] = &["phr"];
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
}

pub(crate) fn app(sites: &Sites) -> Result<Router, Box<dyn std::error::Error>> {
    let auth = auth(sites)?;
    let metadata = auth.metadata_service()?;
    // `tonic-web` is below the authentication, so that rejections are those of gRPC-Web, too.
    let greeter = GrpcWebLayer::new().layer(Greeter);
    let app = Router::new()
        .route("/orders", get(orders))
        .route("/transfer", post(transfer))
        .route_service("/demo.Greeter/{method}", greeter)
        .layer(auth)
        .merge(events::app(sites)?)
        .layer(cors(sites)?)
        .route_service(&metadata.path(), metadata);
    Ok(app)
}

/// Returns a layer that accepts tokens with a proof only, and says where to get them.
fn auth(sites: &Sites) -> Result<JwtAuthLayer, ConfigError> {
    let dpop = Dpop::required()
        .public_origin(&sites.api)?
        .nonces(DpopNonces::random());
    let resource = ResourceMetadata::new(&sites.api).scopes([SCOPE]);
    JwtAuthLayer::builder(Issuer::discovery(&sites.issuer, Audience::resource()))
        .access_tokens_only()
        .dpop(dpop)
        .resource(resource)
        .build()
}

/// Returns the layer that lets scripts of the page send tokens and proofs, and read challenges.
fn cors(sites: &Sites) -> Result<CorsLayer, InvalidHeaderValue> {
    let allowed = DPOP_REQUEST_HEADERS.into_iter().chain(GRPC_WEB_REQUEST);
    let exposed = DPOP_RESPONSE_HEADERS.into_iter().chain(GRPC_WEB_RESPONSE);
    Ok(CorsLayer::new()
        .allow_origin(HeaderValue::try_from(&sites.page)?)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(allowed.collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>()))
}

async fn orders(claims: Claims) -> Json<Value> {
    Json(json!({
        "orders of": claims.subject(),
        "bound to": claims.confirmation().key_thumbprint(),
        "acr": claims.authentication_context_class(),
        "orders": "3 lamps, 1 chair",
    }))
}

async fn transfer(claims: SteppedUp<Transfer>) -> String {
    let subject = claims.subject().unwrap_or("no subject");
    let acr = claims.authentication_context_class();
    format!(
        "100 € transferred by {subject}, acr {}",
        acr.unwrap_or("none")
    )
}
