//! Step-up authentication (RFC 9470): a request that needs another or a more recent authentication
//! of the user.
//!
//! The requirements are numbered: 15 `acr`, 16 `max_age`, 17 both and scopes, 18 how `acr` is
//! compared, 19 where it can be required.

mod acr;
mod challenge;
mod configuration;
mod max_age;
mod places;

use tower_jwt_auth::{ErrorKind, JwtAuthLayer, Rule};

use crate::support::dpop::{as_grpc, copy};
use crate::support::{Answer, ask, bearer, block_on, builder};

const CODE: &str = "insufficient_user_authentication";

fn requiring(rule: Rule) -> JwtAuthLayer {
    builder().check(rule).build().unwrap()
}

/// Asserts that a token is rejected with the same challenge over HTTP and gRPC. Returns the answer
/// over HTTP.
#[track_caller]
fn stepping_up(layer: &JwtAuthLayer, token: &str) -> Answer {
    let mut request = bearer(token);
    *request.method_mut() = http::Method::POST;
    let http = block_on(ask(layer, copy(&request)));
    http.rejected(401, Some(CODE), ErrorKind::InsufficientUserAuthentication);
    let grpc = block_on(ask(layer, as_grpc(&request)));
    assert_eq!(
        (grpc.status.as_u16(), grpc.header("grpc-status")),
        (200, Some("16"))
    );
    assert_eq!(grpc.kind(), Some(ErrorKind::InsufficientUserAuthentication));
    assert_eq!(grpc.challenge(), http.challenge());
    let error = http.error.as_ref().unwrap();
    assert_eq!(error.claim(), None);
    assert_eq!(http.attribute("acr_values"), error.acr_values());
    assert_eq!(http.attribute("scope"), error.required_scope());
    let max_age = error.max_age().map(|age| age.as_secs().to_string());
    assert_eq!(http.attribute("max_age"), max_age.as_deref());
    http
}
