//! The metadata of the protected resource (RFC 9728), the challenges that name it, and the audience
//! (RFC 8707), as the authorization of MCP asks for them.

mod audience;
mod challenge;
mod configuration;
mod document;
mod grpc;
mod members;
#[cfg(feature = "axum")]
mod routers;
mod scopes;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Audience, Issuer, JwtAuthBuilder, JwtAuthLayer, ResourceMetadata};

use crate::support::{ISSUER, block_on, builder_for, default_key, key_set, token};

/// The resource identifier.
const RESOURCE: &str = "https://h.example/mcp";
/// Where its metadata is.
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const URL: &str = "https://h.example/.well-known/oauth-protected-resource/mcp";

fn metadata() -> ResourceMetadata {
    ResourceMetadata::new(RESOURCE)
}

/// Returns an issuer whose audience is the resource.
fn issuer() -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), Audience::resource())
}

fn builder() -> JwtAuthBuilder {
    builder_for(issuer()).resource(metadata())
}

fn layer_with(metadata: ResourceMetadata) -> JwtAuthLayer {
    builder_for(issuer()).resource(metadata).build().unwrap()
}

/// Returns a token for the resource.
fn for_resource() -> TokenBuilder {
    token().audience(RESOURCE)
}

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// Sends a request through the layer, above a service that responds with 200 and `inner`.
fn send(layer: &JwtAuthLayer, request: Request<()>) -> Response<Bytes> {
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("inner")))
    });
    let response = block_on(layer.layer(inner).oneshot(request)).unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, block_on(body.collect()).unwrap().to_bytes())
}

/// Returns the document that the layer serves.
fn document(layer: &JwtAuthLayer) -> Value {
    let response = send(layer, get(PATH));
    assert_eq!(response.status(), 200);
    serde_json::from_slice(response.body()).unwrap()
}
