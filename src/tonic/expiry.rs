//! Streams that end when the token expires.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use ::tonic::Status;
use futures::Stream;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

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
    let (expires_at, start) = (claims.expires_at(), SystemTime::now());
    UntilExpiry {
        stream: Some(stream),
        expiry: Box::pin(tokio::time::sleep(time_between(start, expires_at))),
        expires_at,
        start: (start, Instant::now()),
    }
}

/// Returns zero if `end` is before `start`: the token has expired within the layer's leeway.
fn time_between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
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
        expires_at: SystemTime,
        // When `until_expiry` was called, by both clocks.
        start: (SystemTime, Instant),
    }
}

impl<S> UntilExpiry<S> {
    /// Sets how long the stream may last after the token has expired. Default: 0, although the
    /// [layer's leeway](crate::JwtAuthBuilder::leeway) is 60 s by default: the stream of a token
    /// that was accepted within the leeway ends at once. A leeway beyond the range of the clocks
    /// has no effect.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        if let Some(deadline) = self.deadline(leeway) {
            self.expiry.as_mut().reset(deadline);
        }
        self
    }

    fn deadline(&self, leeway: Duration) -> Option<Instant> {
        let (time, instant) = self.start;
        instant.checked_add(time_between(time, self.expires_at.checked_add(leeway)?))
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
