//! gRPC streams that end when the token expires or is revoked.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tonic::Status;
use futures::Stream;
use pin_project_lite::pin_project;

use crate::Claims;

/// Returns a stream that ends when the token of `claims` expires or is revoked.
///
/// The last item is then `UNAUTHENTICATED`, "the access token has expired" or "the access token was
/// revoked", and the inner stream is dropped. Meant for the responses of server and bidirectional
/// streams, and for requests that are read for long ([`tonic::Streaming`](::tonic::Streaming)).
/// Everything else is as for [`until_expiry`](crate::until_expiry()).
///
/// # Panics
///
/// Outside a tokio runtime with time enabled.
///
/// # Examples
///
/// ```
/// use futures::Stream;
/// use tonic::{Request, Response, Status};
/// use tower_jwt_auth::Claims;
/// use tower_jwt_auth::tonic::{RequestExt as _, UntilExpiry, until_expiry};
///
/// type Ticks = futures::stream::Repeat<Result<u64, Status>>;
///
/// async fn ticks(request: Request<()>) -> Result<Response<UntilExpiry<Ticks>>, Status> {
///     let claims: Claims = request.claims()?;
///     Ok(Response::new(until_expiry(futures::stream::repeat(Ok(1)), &claims)))
/// }
/// # let _ = ticks;
/// ```
pub fn until_expiry<S, C>(stream: S, claims: &Claims<C>) -> UntilExpiry<S> {
    UntilExpiry {
        stream: crate::until_expiry(stream, claims),
        is_told: false,
    }
}

pin_project! {
    /// The stream of [`until_expiry`].
    #[must_use = "streams do nothing unless polled"]
    pub struct UntilExpiry<S> {
        #[pin]
        stream: crate::UntilExpiry<S>,
        // Whether the caller was told why it has ended.
        is_told: bool,
    }
}

impl<S> UntilExpiry<S> {
    /// Sets how long the stream may last after the token has expired. Default: 0. See
    /// [`UntilExpiry::leeway`](crate::UntilExpiry::leeway).
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.stream = self.stream.leeway(leeway);
        self
    }
}

impl<S, T> Stream for UntilExpiry<S>
where
    S: Stream<Item = Result<T, Status>>,
{
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        let item = ready!(this.stream.as_mut().poll_next(cx));
        let error = this.stream.error().filter(|_| !*this.is_told);
        match error.filter(|_| item.is_none()) {
            Some(error) => {
                *this.is_told = true;
                Poll::Ready(Some(Err(error.clone().into())))
            }
            None => Poll::Ready(item),
        }
    }
}

impl<S> fmt::Debug for UntilExpiry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
