//! axum-jwks's extractor. As in its documentation, `FromRef` clones the state with the keys for
//! each request. It does not check the issuer.

use std::convert::Infallible;
use std::sync::Arc;

use ::axum_jwks::{Claims, Jwks, ParseTokenClaims, TokenError};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts as _};
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::Request;
use tower_jwt_auth::Algorithm;

use super::{Reason, Rival};
use crate::drive::{Driver, drive};
use crate::protected::respond;
use crate::provider::{AUDIENCE, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "axum-jwks",
    signatures: "ring",
    driver,
    router: Some(server),
};

#[derive(Clone)]
struct State {
    jwks: Jwks,
}

impl FromRef<State> for Jwks {
    fn from_ref(state: &State) -> Self {
        state.jwks.clone()
    }
}

impl ParseTokenClaims for MyClaims {
    type Rejection = TokenError;
}

fn driver(provider: &Provider) -> Result<Driver, Reason> {
    if provider.algorithm != Algorithm::RS256 {
        return Err("it supports RSA keys only");
    }
    let state = Arc::new(state(provider));
    let extract = move |request: Request<Body>| {
        let state = Arc::clone(&state);
        async move {
            let (mut parts, _) = request.into_parts();
            Ok::<_, Infallible>(
                match Claims::from_request_parts(&mut parts, &*state).await {
                    Ok(Claims(claims)) => respond(MyClaims::are_expected(&claims)),
                    Err(rejection) => rejection.into_response(),
                },
            )
        }
    };
    Ok(drive(tower::service_fn(extract)))
}

fn server(provider: &Provider) -> Router {
    let handler = async |Claims(claims): Claims<MyClaims>| respond(claims.are_expected());
    Router::new()
        .route("/", get(handler))
        .with_state(state(provider))
}

fn state(provider: &Provider) -> State {
    let keys = serde_json::from_str(&provider.jwks()).unwrap();
    State {
        jwks: Jwks::from_jwk_set(keys, Some(AUDIENCE), None).unwrap(),
    }
}
