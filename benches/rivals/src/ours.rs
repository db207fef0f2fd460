//! tower-jwt-auth's layer, with and without its token cache. Like the others it has its keys from
//! the start.

use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, Key, TokenCacheSettings};

use crate::protected::ClaimsCheck;
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub const CLAIMS_CHECK: ClaimsCheck = |request| {
    request
        .extensions()
        .get::<Claims<MyClaims>>()
        .is_some_and(|claims| claims.are_expected())
};

pub fn layer(provider: &Provider, token_cache: bool) -> JwtAuthLayer<MyClaims> {
    let key = Key::from_jwk(&provider.jwk()).unwrap();
    let issuer = Issuer::from_keys(ISSUER, key, AUDIENCE).algorithms([provider.algorithm]);
    let builder = JwtAuthLayer::builder(issuer).claims();
    let builder = if token_cache {
        builder.token_cache(TokenCacheSettings::default())
    } else {
        builder
    };
    builder.build().unwrap()
}
