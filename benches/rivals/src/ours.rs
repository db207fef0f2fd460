//! This crate's layer with its keys at hand, as the others have theirs: with and without remembering tokens.

use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, Key, TokenCacheSettings};

use crate::protected::Look;
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub const LOOK: Look = |request| {
    request
        .extensions()
        .get::<Claims<MyClaims>>()
        .is_some_and(|claims| claims.are_there())
};

pub fn layer(provider: &Provider, remember: bool) -> JwtAuthLayer<MyClaims> {
    let key = Key::from_jwk(&provider.jwk()).unwrap();
    let issuer = Issuer::from_keys(ISSUER, key, AUDIENCE);
    let builder = JwtAuthLayer::builder(issuer);
    let builder = if remember {
        builder.token_cache(TokenCacheSettings::default())
    } else {
        builder
    };
    builder.build().unwrap()
}
