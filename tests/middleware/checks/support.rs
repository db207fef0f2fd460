//! A layer, its tokens, and requests through it.

use std::convert::Infallible;

use http::{Extensions, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Error, Issuer, JwtAuthBuilder, JwtAuthLayer};

use crate::support::{AUDIENCE, ISSUER, default_key, public_key, wait_for};

pub(crate) fn token() -> TokenBuilder {
    default_key().token().issuer(ISSUER).audience(AUDIENCE)
}

pub(crate) fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
}

/// Returns a request with a token.
pub(crate) fn bearing(token: &str) -> Request<()> {
    let authorization = format!("Bearer {token}");
    let request = Request::get("/orders").header("authorization", authorization);
    request.body(()).unwrap()
}

/// Sends a request through the layer. Returns the response, and the extensions that the inner
/// service saw.
pub(crate) async fn send<C>(
    layer: &JwtAuthLayer<C>,
    request: Request<()>,
) -> (Response<()>, Option<Extensions>)
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let inner = service_fn(|request: Request<()>| async move {
        let mut response = Response::new(());
        response
            .extensions_mut()
            .insert(Seen(request.extensions().clone()));
        Ok::<_, Infallible>(response)
    });
    let response = layer.layer(inner).oneshot(request);
    let mut response = wait_for("the response", response).await.unwrap();
    let seen = response.extensions_mut().remove::<Seen>();
    (response, seen.map(|Seen(extensions)| extensions))
}

/// The extensions of a request.
#[derive(Clone)]
struct Seen(Extensions);

/// Returns the error that a request is rejected with.
pub(crate) async fn rejection<C>(layer: &JwtAuthLayer<C>, token: &str) -> Option<Error>
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let (response, _) = send(layer, bearing(token)).await;
    response.extensions().get::<Error>().cloned()
}
