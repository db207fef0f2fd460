//! Streams that end with the token.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use ::tonic::Status;
use futures::Stream;
use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// Ends a stream when the caller's token expires: the last item is then `UNAUTHENTICATED`, "the access token has
/// expired", and the stream is dropped. For responses of server and bidirectional streams, and for requests that are
/// read for long ([`tonic::Streaming`](::tonic::Streaming)).
///
/// How long that is, is settled now, by the system's clock; from there on tokio's clock counts, so that a test can pause
/// it. Add the [leeway](UntilExpiry::leeway) of the layer, if callers may be late by as much.
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
///
/// # Panics
/// Outside a tokio runtime with time enabled.
pub fn until_expiry<S, C>(stream: S, claims: &Claims<C>) -> UntilExpiry<S> {
    let left = claims
        .expires_at()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    UntilExpiry {
        stream: Some(stream),
        expiry: Box::pin(tokio::time::sleep(left)),
    }
}

pin_project! {
    /// See [`until_expiry`].
    #[must_use = "streams do nothing unless polled"]
    pub struct UntilExpiry<S> {
        // None when it has ended.
        #[pin]
        stream: Option<S>,
        // Boxed, so that the whole is `Unpin` if the stream is.
        expiry: Pin<Box<Sleep>>,
    }
}

impl<S> UntilExpiry<S> {
    /// Goes on for this much longer: what the layer's [`leeway`](crate::JwtAuthBuilder::leeway) is, 60 s by default there.
    /// Default: zero, so a token that was let in late ends its stream at once.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        // Beyond all time it is as good as never already.
        if let Some(later) = self.expiry.deadline().checked_add(leeway) {
            self.expiry.as_mut().reset(later);
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
        // First, so that a stream that is always ready ends too.
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
