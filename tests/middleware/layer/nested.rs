//! One layer inside another: no claims reach a service that the layer around it did not accept.

use std::convert::Infallible;

use http::{Extensions, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Claims, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, MissingClaims, TokenSource,
};

use crate::support::AUDIENCE;
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

const STAFF: &str = "https://staff.example";

/// Returns the builder of a layer for staff, whose tokens come in a header of their own.
fn staff() -> JwtAuthBuilder {
    let key = TestKey::generate(Algorithm::ES256).jwk().to_string();
    let issuer = Issuer::from_keys(STAFF, Key::from_jwk(&key).unwrap(), AUDIENCE);
    let header = TokenSource::header(http::HeaderName::from_static("x-staff-token"));
    JwtAuthLayer::builder(issuer).token_sources([header])
}

#[derive(Clone)]
struct Seen(Extensions);

/// Returns the extensions that reach the service inside a customer's layer and a layer for staff.
async fn seen<C>(staff: &JwtAuthLayer<C>, request: Request<String>) -> Extensions
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let inner = service_fn(|request: Request<String>| async move {
        let mut response = Response::new(String::new());
        response
            .extensions_mut()
            .insert(Seen(request.extensions().clone()));
        Ok::<_, Infallible>(response)
    });
    let service = layer().layer(staff.layer(inner));
    let response = service.oneshot(request).await.unwrap();
    assert!(response.status().is_success());
    let Seen(extensions) = response.extensions().get().cloned().unwrap();
    extensions
}

#[tokio::test]
async fn a_request_without_a_token_for_the_inner_layer_has_no_claims_of_the_outer_one() {
    let let_through = [
        staff().optional().build().unwrap(),
        staff().skip(|_| true).build().unwrap(),
    ];
    for staff in let_through {
        let extensions = seen(&staff, request(Some(&token()))).await;
        let claims = <Claims>::from_extensions(&extensions).map(|_| ());
        assert_eq!(claims, Err(MissingClaims::Unauthenticated));
    }
}

#[tokio::test]
async fn a_preflight_that_passes_both_layers_has_no_claims() {
    let inner = staff().pass_preflight().build().unwrap();
    let mut preflight = request(Some(&token()));
    *preflight.method_mut() = http::Method::OPTIONS;
    let headers = preflight.headers_mut();
    headers.insert("origin", "https://app.example".parse().unwrap());
    headers.insert("access-control-request-method", "GET".parse().unwrap());
    let extensions = seen(&inner, preflight).await;
    assert!(<Claims>::from_extensions(&extensions).is_err());
}

#[derive(serde::Deserialize)]
struct StaffClaims {}

#[tokio::test]
async fn layers_with_claims_of_different_types_do_not_affect_each_other() {
    let staff = staff().claims::<StaffClaims>().optional().build().unwrap();
    let extensions = seen(&staff, request(Some(&token()))).await;
    assert!(<Claims>::from_extensions(&extensions).is_ok());
    let claims = Claims::<StaffClaims>::from_extensions(&extensions).map(|_| ());
    assert_eq!(claims, Err(MissingClaims::Unauthenticated));
    let other = Claims::<serde_json::Value>::from_extensions(&extensions).map(|_| ());
    assert_eq!(
        other,
        Err(MissingClaims::NoLayer),
        "no layer with this type ran"
    );
}
