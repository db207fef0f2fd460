//! tower-oauth2-resource-server's layer, with a static JWK set, and with its feature for aws-lc-rs
//! instead of the default.

use axum::body::Body;
use tower::Layer as _;
use tower_jwt_auth::Algorithm;
use tower_oauth2_resource_server::layer::OAuth2ResourceServerLayer;
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use super::{Rival, ready_output};
use crate::drive::drive;
use crate::protected::{ClaimsCheck, Protected, router};
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "tower-oauth2-resource-server",
    signatures: "aws-lc-rs",
    driver: |provider| Ok(drive(layer(provider).layer(Protected(CLAIMS_CHECK)))),
    router: Some(|provider| router(CLAIMS_CHECK).layer(layer(provider))),
};

const CLAIMS_CHECK: ClaimsCheck = |request| {
    request
        .extensions()
        .get::<MyClaims>()
        .is_some_and(MyClaims::are_expected)
};

fn layer(provider: &Provider) -> OAuth2ResourceServerLayer<Body, MyClaims> {
    let algorithm = match provider.algorithm {
        Algorithm::RS256 => jsonwebtoken_11::Algorithm::RS256,
        Algorithm::ES256 => jsonwebtoken_11::Algorithm::ES256,
        _ => jsonwebtoken_11::Algorithm::HS256,
    };
    let claims = ClaimsValidationSpec::new()
        .iss(ISSUER)
        .aud(&vec![AUDIENCE.to_owned()])
        .exp(true);
    let tenant = TenantConfiguration::static_builder(provider.jwks())
        .claims_validation(claims)
        .allowed_algorithms(&[algorithm])
        .build()
        .unwrap();
    let server = OAuth2ResourceServer::<MyClaims>::builder().add_tenant(tenant);
    ready_output(server.build()).unwrap().into_layer()
}
