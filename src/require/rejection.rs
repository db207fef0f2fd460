//! Rejections by middleware and handlers of your own.

use http::Response;

use crate::error::Error;
use crate::jwt::{Claims, layer_above};
use crate::request::RequestParts;
use crate::response::{Inherited, reject};

impl<C: Send + Sync + 'static> Claims<C> {
    /// Returns the response to a request that something below [`JwtAuthLayer`](crate::JwtAuthLayer)
    /// rejects: that of the layer with this claims type. See [`Inherited`].
    ///
    /// The [`Error`] is in the extensions of the response, as in those of the layer.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, Response};
    /// use tower_jwt_auth::{Claims, Error, ErrorClass, RequestParts};
    ///
    /// /// Rejects callers that have not accepted the terms of use.
    /// fn check(request: &Request<String>) -> Result<(), Response<String>> {
    ///     let accepted = <Claims>::from_extensions(request.extensions())
    ///         .is_ok_and(|claims| claims.get("terms").is_some());
    ///     if accepted {
    ///         return Ok(());
    ///     }
    ///     let error = Error::custom(ErrorClass::Forbidden, "terms", "accept the terms of use");
    ///     let error = error.expect("a valid name and description");
    ///     Err(<Claims>::rejection_response(error, &RequestParts::from(request)))
    /// }
    ///
    /// assert_eq!(check(&Request::default()).unwrap_err().status(), 403);
    /// ```
    #[must_use]
    pub fn rejection_response<ResBody: Default + 'static>(
        error: Error,
        request: &RequestParts<'_>,
    ) -> Response<ResBody> {
        let layer = layer_above::<C>(request.extensions()).or(request.layer());
        if let Some(layer) = layer {
            layer.tell_rejection(&error);
        }
        let request = request.with_layer(layer);
        reject(&Inherited, error, &request)
    }
}
