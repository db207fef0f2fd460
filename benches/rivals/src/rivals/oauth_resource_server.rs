//! oauth-resource-server's `HttpAuthLayer`, with `initial_jwks` instead of a fetch. Its claims are
//! JSON, which `claims_as` deserializes into the service's type, as its documentation shows for
//! handlers. Signatures are checked by ring, since it depends on jsonwebtoken 9.

use std::sync::Arc;

use ::oauth_resource_server::http_layer::HttpAuthLayer;
use ::oauth_resource_server::{AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator};
use tower::Layer as _;
use tower_jwt_auth::Algorithm;

use super::{Reason, Rival};
use crate::drive::{Driver, drive};
use crate::protected::{ClaimsCheck, Protected, router};
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "oauth-resource-server",
    signatures: "ring",
    driver,
    router: Some(|provider| router(CLAIMS_CHECK).layer(layer(provider))),
};

const CLAIMS_CHECK: ClaimsCheck = |request| {
    let token = request.extensions().get::<AuthorizedToken>();
    token.is_some_and(|token| {
        token
            .claims_as::<MyClaims>()
            .is_ok_and(|claims| claims.are_expected())
    })
};

fn driver(provider: &Provider) -> Result<Driver, Reason> {
    if provider.algorithm == Algorithm::HS256 {
        return Err("it rejects shared secrets");
    }
    Ok(drive(layer(provider).layer(Protected(CLAIMS_CHECK))))
}

fn layer(provider: &Provider) -> HttpAuthLayer {
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        resource: AUDIENCE.into(),
        // Without a required scope it requires `typ` to be `at+jwt`, unless this is set.
        allow_unscoped_tokens: true,
        ..OAuthConfig::default()
    };
    let resolved = config.resolve(KeyNaming::Dotted("oauth")).unwrap().unwrap();
    let validator = OAuthValidator::builder(&resolved)
        .initial_jwks(&provider.jwks())
        .build()
        .unwrap();
    HttpAuthLayer::builder()
        .oauth(Arc::new(validator))
        .build()
        .unwrap()
}
