//! `Claims<C>` from a `tonic::Request`.

use ::tonic::{Request, Status};

use crate::error::{Error, ErrorKind};
use crate::guard::Unauthenticated;
use crate::jwt::Claims;
use crate::trace;

/// The claims that [`JwtAuthLayer`](crate::JwtAuthLayer) left with a call. Sealed: for [`tonic::Request`](Request) only.
///
/// | the call | [`claims`](Self::claims) | [`optional_claims`](Self::optional_claims) |
/// |---|---|---|
/// | bore a good token | claims | claims |
/// | was let through without one ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | `UNAUTHENTICATED` | `None` |
/// | never met the layer, or one with another claims type | `INTERNAL` | `INTERNAL` |
///
/// The last is a mistake of the server's; the log says what is missing.
///
/// ```
/// use tonic::{Code, Request, Response, Status};
/// use tower_jwt_auth::Claims;
/// use tower_jwt_auth::tonic::RequestExt as _;
///
/// async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
///     let claims: Claims = request.claims()?;
///     Ok(Response::new(format!("hello {}", claims.subject().unwrap_or("stranger"))))
/// }
///
/// # futures::executor::block_on(async {
/// let status = hello(Request::new(String::new())).await.unwrap_err();
/// assert_eq!(status.code(), Code::Internal, "the layer was forgotten");
/// # });
/// ```
pub trait RequestExt: sealed::Sealed {
    /// The caller's claims.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the call was let through without a token, `INTERNAL` where the layer is missing.
    fn claims<C: Send + Sync + 'static>(&self) -> Result<Claims<C>, Status>;

    /// The caller's claims, or `None` where the call was let through without a token.
    ///
    /// # Errors
    /// `INTERNAL` where the layer is missing: nobody has looked for a token.
    fn optional_claims<C: Send + Sync + 'static>(&self) -> Result<Option<Claims<C>>, Status>;
}

impl<T> RequestExt for Request<T> {
    fn claims<C: Send + Sync + 'static>(&self) -> Result<Claims<C>, Status> {
        self.optional_claims()?
            .ok_or_else(|| Error::from(ErrorKind::MissingToken).into())
    }

    fn optional_claims<C: Send + Sync + 'static>(&self) -> Result<Option<Claims<C>>, Status> {
        match self.extensions().get().cloned() {
            None if self.extensions().get::<Unauthenticated>().is_none() => {
                trace::layer_missing(std::any::type_name::<Claims<C>>());
                Err(Status::internal("the call was not authenticated"))
            }
            claims => Ok(claims),
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for ::tonic::Request<T> {}
}
