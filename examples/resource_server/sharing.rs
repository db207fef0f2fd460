//! Routes whose effect all instances of this service share, in Redis: signing out, and tokens that
//! are accepted once.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_jwt_auth::{
    Authenticator, BackChannelLogout, Claims, ConfigError, JwtAuthBuilder, JwtAuthLayer,
    Revocations, RevocationsFull,
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
        let router = Router::new()
            .route("/sign-out", post(sign_out))
            .route("/sign-out-everywhere", post(sign_out_everywhere))
            .route_layer(auth)
            .merge(
                Router::new()
                    .route("/once", get(once))
                    .route_layer(self.once),
            )
            .with_state(self.revocations);
        match self.logout {
            // The issuer calls it, without an access token.
            Some(logout) => router.route_service("/backchannel-logout", logout),
            None => router,
        }
    }
}

/// Revokes the token of this request.
async fn sign_out(claims: Claims, State(revocations): State<Revocations>) -> StatusCode {
    stored(&revocations, revocations.revoke(&claims)).await
}

/// Revokes all tokens of the user that were issued until now.
async fn sign_out_everywhere(claims: Claims, State(revocations): State<Revocations>) -> StatusCode {
    let revoked = match claims.subject() {
        Some(subject) => revocations.revoke_subject(claims.issuer(), subject),
        None => revocations.revoke(&claims),
    };
    stored(&revocations, revoked).await
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
