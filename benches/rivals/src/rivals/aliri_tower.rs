//! `aliri_tower`'s layer, with an authority that has a JWK set. Its claims types contain the
//! registered claims.

use ::aliri_tower::{Oauth2Authorizer, TerseErrorHandler};
use aliri::jwt::{
    Audience, Audiences, CoreClaims, CoreValidator, Issuer, IssuerRef, Subject, SubjectRef,
};
use aliri::{Jwks, jwa};
use aliri_clock::UnixTime;
use aliri_oauth2::{Authority, HasScope, Scope};
use axum::Router;
use axum::body::Body;
use serde::Deserialize;
use tower::Layer as _;
use tower_jwt_auth::Algorithm;

use super::{Reason, Rival};
use crate::drive::{Driver, drive};
use crate::protected::{ClaimsCheck, Protected, router};
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "aliri_tower",
    signatures: "ring",
    driver,
    router: Some(server),
};

#[derive(Clone, Deserialize)]
struct ScopedClaims {
    iss: Issuer,
    aud: Audiences,
    sub: Subject,
    exp: UnixTime,
    scope: Scope,
    tenant: String,
    roles: Vec<String>,
    email: String,
}

impl CoreClaims for ScopedClaims {
    fn nbf(&self) -> Option<UnixTime> {
        None
    }

    fn exp(&self) -> Option<UnixTime> {
        Some(self.exp)
    }

    fn aud(&self) -> &Audiences {
        &self.aud
    }

    fn iss(&self) -> Option<&IssuerRef> {
        Some(&self.iss)
    }

    fn sub(&self) -> Option<&SubjectRef> {
        Some(&self.sub)
    }
}

impl HasScope for ScopedClaims {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

const CLAIMS_CHECK: ClaimsCheck = |request| {
    let claims = request.extensions().get::<ScopedClaims>();
    claims.is_some_and(|claims| {
        MyClaims::match_expected(&claims.tenant, &claims.roles, &claims.email)
    })
};

fn driver(provider: &Provider) -> Result<Driver, Reason> {
    let authority = authority(provider)?;
    Ok(drive(
        authorizer()
            .jwt_layer(authority)
            .layer(Protected(CLAIMS_CHECK)),
    ))
}

fn server(provider: &Provider) -> Router {
    router(CLAIMS_CHECK).layer(authorizer().jwt_layer(authority(provider).unwrap()))
}

fn authorizer() -> Oauth2Authorizer<ScopedClaims, TerseErrorHandler<Body>> {
    Oauth2Authorizer::new()
        .with_claims()
        .with_terse_error_handler()
}

#[cfg_attr(
    feature = "openssl",
    expect(clippy::unnecessary_wraps, reason = "it fails without the feature")
)]
fn authority(provider: &Provider) -> Result<Authority, Reason> {
    let algorithm = match provider.algorithm {
        Algorithm::RS256 => jwa::Algorithm::RS256,
        #[cfg(feature = "openssl")]
        Algorithm::ES256 => jwa::Algorithm::ES256,
        #[cfg(not(feature = "openssl"))]
        Algorithm::ES256 => {
            return Err("it requires the system's OpenSSL for these keys: `--features openssl`");
        }
        _ => jwa::Algorithm::HS256,
    };
    let keys: Jwks = serde_json::from_str(&provider.jwks()).unwrap();
    let validator = CoreValidator::default()
        .add_approved_algorithm(algorithm)
        .add_allowed_audience(Audience::from_static(AUDIENCE))
        .require_issuer(Issuer::from_static(ISSUER));
    Ok(Authority::new(keys, validator))
}
