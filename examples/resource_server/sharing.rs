//! Routes whose effect all instances of this service share, in Redis: signing out, and tokens that
//! are accepted once.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_jwt_auth::{
    Authenticator, BackChannelLogout, Claims, ConfigError, Error, ErrorClass, ErrorKind,
    JwtAuthBuilder, JwtAuthLayer, Revocations, RevocationsFull,
};

use crate::redis_options::Shared;

/// The routes, and the layers that protect them.
pub(crate) struct SharingRoutes {
    revocations: Revocations,
    once: JwtAuthLayer,
    logout: Option<BackChannelLogout>,
}

impl SharingRoutes {
    /// `once` becomes the layer of tokens that are accepted once.
    pub(crate) fn new(
        shared: Shared,
        auth: &JwtAuthLayer,
        once: JwtAuthBuilder,
        logout_clients: &[String],
    ) -> Result<Self, ConfigError> {
        let once = once
            .revocations(&shared.revocations)
            .replay_store(shared.used_tokens)
            .build()?;
        let logout = (!logout_clients.is_empty())
            .then(|| BackChannelLogout::new(auth.authenticator(), logout_clients));
        Ok(Self {
            revocations: shared.revocations,
            once,
            logout: logout.transpose()?,
        })
    }

    pub(crate) fn authenticator(&self) -> &Authenticator {
        self.once.authenticator()
    }

    /// Returns the routes, of which `auth` protects those for which any valid token will do.
    pub(crate) fn router(self, auth: JwtAuthLayer) -> Router {
        let authenticator = auth.authenticator().clone();
        let router = Router::new()
            // It stays behind the layer, which responds with 503 while the list is stale: otherwise
            // a revoked token could revoke those that the user gets later.
            .route("/sign-out-everywhere", post(sign_out_everywhere))
            .route_layer(auth)
            .merge(
                Router::new()
                    .route("/once", get(once))
                    .route_layer(self.once),
            )
            // Outside the layer, so that it also works while the list is stale.
            .route("/sign-out", post(sign_out))
            .with_state(SignOut {
                authenticator,
                revocations: self.revocations,
            });
        match self.logout {
            // The issuer calls it, without an access token.
            Some(logout) => router.route_service("/backchannel-logout", logout),
            None => router,
        }
    }
}

/// What the routes that sign out need.
#[derive(Clone)]
struct SignOut {
    authenticator: Authenticator,
    revocations: Revocations,
}

/// Revokes the token of this request. One that is bound to a key needs no proof, and one that is
/// invalid is of no use anyway (RFC 7009 §2.2).
async fn sign_out(State(state): State<SignOut>, headers: HeaderMap) -> Response {
    let Some(token) = access_token(&headers) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match state.authenticator.revoke(token, &state.revocations).await {
        Err(error) if error.class() == ErrorClass::Unavailable => unavailable(&error),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

fn access_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let schemes = ["bearer", "dpop"];
    let is_known = schemes.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    is_known.then_some(token)
}

/// `Retry-After` says that the token could not be verified, so that nothing was revoked. Without it,
/// the revocation is in force in this instance, and maybe in no other one.
fn unavailable(error: &Error) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    if error.kind() == ErrorKind::CheckUnavailable {
        return status.into_response();
    }
    (status, [(header::RETRY_AFTER, "1")]).into_response()
}

/// Revokes all tokens of the user that were issued until now.
async fn sign_out_everywhere(claims: Claims, State(state): State<SignOut>) -> StatusCode {
    let revocations = &state.revocations;
    let revoked = match claims.subject() {
        Some(subject) => revocations.revoke_subject(claims.issuer(), subject),
        None => revocations.revoke(&claims),
    };
    stored(revocations, revoked).await
}

/// Responds when the other instances can know it.
async fn stored(revocations: &Revocations, revoked: Result<(), RevocationsFull>) -> StatusCode {
    match revoked {
        Ok(()) if revocations.stored().await.is_ok() => StatusCode::NO_CONTENT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn once() -> &'static str {
    "this token is used now\n"
}
