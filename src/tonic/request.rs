//! `Claims<C>` from a `tonic::Request`.

use ::tonic::{Request, Status};

use crate::{Claims, Error, ErrorKind, MissingClaims};

/// Adds methods to [`tonic::Request`](Request) that return the claims which
/// [`JwtAuthLayer`](crate::JwtAuthLayer) inserted. Sealed.
///
/// | call | [`claims`](Self::claims) | [`optional_claims`](Self::optional_claims) |
/// |---|---|---|
/// | has a valid token | claims | claims |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | `UNAUTHENTICATED` | `None` |
/// | no layer with this claims type ran | `INTERNAL` | `INTERNAL` |
///
/// The last one is a mistake in the server; a log event at level error names the claims type.
///
/// # Examples
///
/// ```
/// use tonic::{Code, Request, Response, Status};
/// use tower_jwt_auth::Claims;
/// use tower_jwt_auth::tonic::RequestExt as _;
///
/// async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
///     let claims: Claims = request.claims()?;
///     Ok(Response::new(format!("hello {}", claims.subject().unwrap_or("anonymous"))))
/// }
///
/// # futures::executor::block_on(async {
/// let status = hello(Request::new(String::new())).await.unwrap_err();
/// assert_eq!(status.code(), Code::Internal, "no layer ran");
/// # });
/// ```
pub trait RequestExt: sealed::Sealed {
    /// Returns the claims of the caller.
    ///
    /// # Errors
    ///
    /// `UNAUTHENTICATED` if the layer let the call pass without claims, `INTERNAL` if no layer ran.
    fn claims<C: Send + Sync + 'static>(&self) -> Result<Claims<C>, Status>;

    /// Returns the claims of the caller, or `None` if the layer let the call pass without claims.
    ///
    /// # Errors
    ///
    /// `INTERNAL` if no layer ran: then no token was looked for.
    fn optional_claims<C: Send + Sync + 'static>(&self) -> Result<Option<Claims<C>>, Status>;
}

impl<T> RequestExt for Request<T> {
    fn claims<C: Send + Sync + 'static>(&self) -> Result<Claims<C>, Status> {
        self.optional_claims()?
            .ok_or_else(|| Error::from(ErrorKind::MissingToken).into())
    }

    fn optional_claims<C: Send + Sync + 'static>(&self) -> Result<Option<Claims<C>>, Status> {
        match Claims::<C>::from_extensions(self.extensions()) {
            Ok(claims) => Ok(Some(claims.clone())),
            Err(MissingClaims::Unauthenticated) => Ok(None),
            Err(MissingClaims::NoLayer) => Err(Status::internal("the call was not authenticated")),
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for ::tonic::Request<T> {}
}
