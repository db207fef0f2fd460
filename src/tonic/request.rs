//! `Claims<C>` from a `tonic::Request`.

use ::tonic::metadata::MetadataMap;
use ::tonic::{Request, Status};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use http::{Method, Response, Version};

use super::status::{status_code, with_source};
use crate::{Claims, Error, ErrorKind, MissingClaims, RequestParts, trace};

/// Adds methods to [`tonic::Request`](Request) that return the claims which
/// [`JwtAuthLayer`](crate::JwtAuthLayer) inserted. Sealed.
///
/// | call | [`claims`](Self::claims) | [`optional_claims`](Self::optional_claims) |
/// |---|---|---|
/// | was accepted with a valid token | claims | claims |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | `UNAUTHENTICATED` | `None` |
/// | no layer with this claims type ran | `INTERNAL` | `INTERNAL` |
///
/// The last one is a mistake in the server; a log event at level error names the claims type. The
/// status is that of the layer's response, see [`Inherited`](crate::Inherited): its
/// [`RejectionResponse`](crate::RejectionResponse) gets the metadata and extensions of the call as
/// a request for the path `/`, since tonic keeps no other.
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
            .ok_or_else(|| rejected::<C, T>(self))
    }

    fn optional_claims<C: Send + Sync + 'static>(&self) -> Result<Option<Claims<C>>, Status> {
        match Claims::<C>::from_extensions(self.extensions()) {
            Ok(claims) => Ok(Some(claims.clone())),
            Err(MissingClaims::Unauthenticated) => Ok(None),
            Err(MissingClaims::NoLayer) => Err(Status::internal("the call was not authenticated")),
        }
    }
}

/// Returns the layer's response as a status.
fn rejected<C: Send + Sync + 'static, T>(call: &Request<T>) -> Status {
    let error = Error::from(ErrorKind::MissingToken);
    trace::rejected(&error);
    let parts = as_http(call);
    let parts = RequestParts::from(&parts).as_grpc_call();
    let response: Response<()> = Claims::<C>::rejection_response(error.clone(), &parts);
    let (mut parts, ()) = response.into_parts();
    for not_metadata in [CONTENT_TYPE, CACHE_CONTROL] {
        parts.headers.remove(not_metadata);
    }
    with_source(status_from(&error, parts.headers), &error)
}

/// Returns the status that the headers have, or that of the error if the layer's response is none
/// of gRPC.
fn status_from(error: &Error, headers: HeaderMap) -> Status {
    Status::from_header_map(&headers).unwrap_or_else(|| {
        let metadata = MetadataMap::from_headers(headers);
        Status::with_metadata(status_code(error), error.to_string(), metadata)
    })
}

/// Returns the parts of the HTTP request that are left of it.
fn as_http<T>(call: &Request<T>) -> http::request::Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = Method::POST;
    parts.version = Version::HTTP_2;
    parts.headers = call.metadata().clone().into_headers();
    parts.extensions = call.extensions().clone();
    parts
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for ::tonic::Request<T> {}
}
