//! `HttpAuthLayer` over its validator, with `initial_jwks` in place of a fetch. Its claims come as JSON; `claims_as` makes the
//! service's type of them, as its documentation has it for handlers. Signatures are ring's: it keeps to jsonwebtoken 9.

use std::sync::Arc;

use ::oauth_resource_server::http_layer::HttpAuthLayer;
use ::oauth_resource_server::{AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator};
use tower::Layer as _;
use tower_jwt_auth::Algorithm;

use super::{Reason, Rival};
use crate::drive::{Driver, drive};
use crate::protected::{Look, Protected, router};
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "oauth-resource-server",
    signatures: "ring",
    driver,
    router: Some(|provider| router(LOOK).layer(layer(provider))),
};

const LOOK: Look = |request| {
    let token = request.extensions().get::<AuthorizedToken>();
    token.is_some_and(|token| {
        token
            .claims_as::<MyClaims>()
            .is_ok_and(|claims| claims.are_there())
    })
};

fn driver(provider: &Provider) -> Result<Driver, Reason> {
    if provider.algorithm == Algorithm::HS256 {
        return Err("it refuses shared secrets");
    }
    Ok(drive(layer(provider).layer(Protected(LOOK))))
}

fn layer(provider: &Provider) -> HttpAuthLayer {
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        resource: AUDIENCE.into(),
        // Without one it insists on `typ` being `at+jwt`, or on a promise that any token will do.
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
