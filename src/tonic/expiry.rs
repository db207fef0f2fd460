//! Streams that end when the token expires.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use ::tonic::Status;
use futures::Stream;
use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::{Claims, Error, ErrorKind};

/// Returns a stream that ends when the token of `claims` expires.
///
/// The last item is then `UNAUTHENTICATED`, "the access token has expired", and the inner stream is
/// dropped. Meant for the responses of server and bidirectional streams, and for requests that are
/// read for long ([`tonic::Streaming`](::tonic::Streaming)).
///
/// The remaining time is computed in this call, with the system's clock, and measured with tokio's,
/// which tests can pause. To allow for an issuer's clock that differs, as the layer does, set
/// [`leeway`](UntilExpiry::leeway).
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
    let remaining = claims.expires_at().duration_since(SystemTime::now());
    // An error means that the token has expired within the leeway.
    let expiry = tokio::time::sleep(remaining.unwrap_or_default());
    UntilExpiry {
        stream: Some(stream),
        expiry: Box::pin(expiry),
    }
}

pin_project! {
    /// The stream of [`until_expiry`].
    #[must_use = "streams do nothing unless polled"]
    pub struct UntilExpiry<S> {
        // None once it has ended.
        #[pin]
        stream: Option<S>,
        // Boxed, so that this is `Unpin` if the stream is.
        expiry: Pin<Box<Sleep>>,
    }
}

impl<S> UntilExpiry<S> {
    /// Lets the stream go on for this long after the token expires, or after the call of
    /// [`until_expiry`] if the token had already expired. Several calls add up. Default: 0,
    /// although the [layer's leeway](crate::JwtAuthBuilder::leeway) is 60 s by default: the stream
    /// of a token that was accepted within the leeway ends at once.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        // If the sum overflows, the deadline stays as it is: the stream ends earlier, never later.
        if let Some(deadline) = self.expiry.deadline().checked_add(leeway) {
            self.expiry.as_mut().reset(deadline);
        }
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
        let Some(stream) = this.stream.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        // Polled first, so that a stream that is always ready ends, too.
        if this.expiry.as_mut().poll(cx).is_ready() {
            this.stream.set(None);
            return Poll::Ready(Some(Err(Error::from(ErrorKind::Expired).into())));
        }
        let item = ready!(stream.poll_next(cx));
        if item.is_none() {
            this.stream.set(None);
        }
        Poll::Ready(item)
    }
}

impl<S> fmt::Debug for UntilExpiry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilExpiry")
            .field("expiry", &self.expiry.deadline())
            .finish_non_exhaustive()
    }
}
