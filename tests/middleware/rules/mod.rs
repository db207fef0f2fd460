//! Rules about claims, and tables of them by route, gRPC method and MCP tool.

mod claims;
mod combinations;
mod configuration;
mod grpc;
mod implied_scopes;
mod mcp;
mod routes;
mod shown;
mod stepped_up;

use http::{Request, Response};
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, ErrorKind, JwtAuthLayer, RequireLayer, Rule};

use crate::support::{block_on, layer, payload, signed};

/// Returns the claims of a verified token with these claims as JSON texts.
fn claims_with(claims: &[(&str, &str)]) -> Claims {
    claims_of(&layer(), claims)
}

fn claims_of(layer: &JwtAuthLayer, claims: &[(&str, &str)]) -> Claims {
    let token = signed(payload(claims));
    block_on(layer.authenticator().authenticate(&token)).unwrap()
}

/// Returns whether the claims meet a rule. They may lack nothing but what the rule is about.
#[track_caller]
fn meets(rule: &Rule, claims: &Claims) -> bool {
    match rule.check_claims(claims) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InsufficientScope);
            false
        }
    }
}

/// Sends a request through a layer below [`layer`].
fn below_layer(require: &RequireLayer, request: Request<()>) -> Response<String> {
    below(&layer(), require, request)
}

fn below(auth: &JwtAuthLayer, require: &RequireLayer, request: Request<()>) -> Response<String> {
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(Response::new("inner".to_owned()))
    });
    ask(auth.layer(require.layer(inner)), request)
}

fn ask<S>(service: S, request: Request<()>) -> Response<String>
where
    S: Service<Request<()>, Response = Response<String>, Error = std::convert::Infallible>,
{
    block_on(service.oneshot(request)).unwrap()
}

#[track_caller]
fn challenge(response: &Response<String>) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}
