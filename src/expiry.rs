//! Futures and streams that end when the token expires or is revoked.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use futures::Stream;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;
use crate::revocation::RevocationWatch;

/// Returns a future or a stream that ends when the token of `claims` expires, or is revoked: a
/// WebSocket, the body of a response, events that a server sends.
///
/// A stream then ends, and [`is_expired`](UntilExpiry::is_expired) or
/// [`is_revoked`](UntilExpiry::is_revoked) is true. A future resolves to [`ErrorKind::Expired`] or
/// [`ErrorKind::Revoked`] in place of its output. In both cases, what is inside is dropped. In
/// gRPC, [`tonic::until_expiry`] (feature `tonic`) ends a stream with a status.
///
/// [`tonic::until_expiry`]: https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/tonic/fn.until_expiry.html
///
/// The remaining time is computed in this call, with the layer's
/// [`clock`](crate::JwtAuthBuilder::clock), and measured with tokio's, which tests can pause. To
/// allow for an issuer's clock that differs, as the layer does, set
/// [`leeway`](UntilExpiry::leeway).
///
/// A token is revoked if it is in the list of the layer
/// ([`revocations`](crate::JwtAuthBuilder::revocations)), also if it came there before this call.
/// Each change of the list wakes the task, which then compares the token. Predicates of
/// [`reject_revoked`](crate::JwtAuthBuilder::reject_revoked) are not called again. With
/// [`WhenRevocationsFull::Reject`](crate::WhenRevocationsFull::Reject), a list that is full ends
/// what it may have to end, with [`ErrorKind::CheckUnavailable`].
///
/// Note: a stream ends when it is polled. Servers do not poll the body of a response while the
/// client does not read: limit the time of idle connections, too.
///
/// # Panics
///
/// Outside a tokio runtime with time enabled.
///
/// # Examples
///
/// A WebSocket of axum. The time for the last message is limited: it waits behind what a client
/// does not read.
///
/// ```
/// use std::time::Duration;
///
/// use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
/// use axum::response::Response;
/// use tokio::time::timeout;
/// use tower_jwt_auth::{Claims, until_expiry};
///
/// async fn chat(upgrade: WebSocketUpgrade, claims: Claims) -> Response {
///     upgrade.on_upgrade(move |socket| talk(socket, claims))
/// }
///
/// async fn talk(mut socket: WebSocket, claims: Claims) {
///     let echo = async {
///         while let Some(Ok(message)) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 break;
///             }
///         }
///     };
///     if let Err(ended) = until_expiry(Box::pin(echo), &claims).await {
///         let reason = ended.to_string().into(); // the access token has expired
///         let close = CloseFrame { code: close_code::POLICY, reason };
///         let sent = socket.send(Message::Close(Some(close)));
///         timeout(Duration::from_secs(5), sent).await.ok();
///     }
/// }
/// # drop(chat);
/// ```
///
/// The body of a response:
///
/// ```
/// use axum::body::Body;
/// use futures::{Stream, stream};
/// use tower_jwt_auth::{Claims, until_expiry};
///
/// async fn ticks(claims: Claims) -> Body {
///     let ticks = stream::repeat_with(|| Ok::<_, std::io::Error>("tick\n"));
///     Body::from_stream(until_expiry(ticks, &claims))
/// }
/// # drop(ticks);
/// ```
pub fn until_expiry<T, C>(inner: T, claims: &Claims<C>) -> UntilExpiry<T> {
    let (expires_at, start) = (claims.expires_at(), claims.now());
    UntilExpiry {
        inner: Some(inner),
        expiry: Box::pin(tokio::time::sleep(time_between(start, expires_at))),
        error: None,
        revocation: claims.watch_revocation(),
        expires_at,
        start: (start, Instant::now()),
    }
}

/// Returns zero if `end` is before `start`: the token has expired within the layer's leeway.
fn time_between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
}

pin_project! {
    /// The future or stream of [`until_expiry`].
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct UntilExpiry<T> {
        // None once it has ended.
        #[pin]
        inner: Option<T>,
        // Boxed, so that this is `Unpin` if what is inside is.
        expiry: Pin<Box<Sleep>>,
        // Why it has ended early.
        error: Option<Error>,
        revocation: Option<RevocationWatch>,
        expires_at: SystemTime,
        // When `until_expiry` was called, by both clocks.
        start: (SystemTime, Instant),
    }
}

impl<T> UntilExpiry<T> {
    /// Sets how long it may last after the token has expired. Default: 0, although the
    /// [layer's leeway](crate::JwtAuthBuilder::leeway) is 60 s by default: what belongs to a token
    /// that was accepted within the leeway ends at once. A leeway beyond the range of the clocks
    /// has no effect.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        if let Some(deadline) = self.deadline(leeway) {
            self.expiry.as_mut().reset(deadline);
        }
        self
    }

    /// Returns whether it has ended because the token has expired.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.has_ended_by(ErrorKind::Expired)
    }

    /// Returns whether it has ended because the token was revoked.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.has_ended_by(ErrorKind::Revoked)
    }

    /// Returns why it has ended before what is inside has.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    fn has_ended_by(&self, kind: ErrorKind) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| error.kind() == kind)
    }

    fn deadline(&self, leeway: Duration) -> Option<Instant> {
        let (time, instant) = self.start;
        instant.checked_add(time_between(time, self.expires_at.checked_add(leeway)?))
    }

    /// Returns whether the token has expired or was revoked. Then drops what is inside.
    fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        // The clock is asked, too: the timer does not fire while a task never waits.
        let is_due = Instant::now() >= this.expiry.deadline();
        let error = if is_due || this.expiry.as_mut().poll(cx).is_ready() {
            Some(ErrorKind::Expired.into())
        } else {
            let revocation = this.revocation.as_mut();
            revocation.and_then(|watch| watch.poll(cx).error())
        };
        let has_ended = error.is_some();
        if has_ended {
            *this.error = error;
            this.inner.set(None);
        }
        has_ended
    }
}

impl<S: Stream> Stream for UntilExpiry<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        // Polled first, so that a stream that is always ready ends, too.
        if self.inner.is_none() || self.as_mut().poll_end(cx) {
            return Poll::Ready(None);
        }
        let mut inner = self.project().inner;
        let Some(stream) = inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let item = ready!(stream.poll_next(cx));
        if item.is_none() {
            inner.set(None);
        }
        Poll::Ready(item)
    }
}

impl<F: Future> Future for UntilExpiry<F> {
    type Output = Result<F::Output, Error>;

    #[expect(
        clippy::expect_used,
        reason = "polling a resolved future is a bug of the caller"
    )]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let has_ended = self.inner.is_some() && self.as_mut().poll_end(cx);
        let this = self.project();
        if let Some(error) = this.error.as_ref().filter(|_| has_ended) {
            return Poll::Ready(Err(error.clone()));
        }
        let mut inner = this.inner;
        let future = inner.as_mut().as_pin_mut();
        let future = future.expect("`UntilExpiry` polled after completion");
        let output = ready!(future.poll(cx));
        inner.set(None);
        Poll::Ready(Ok(output))
    }
}

impl<T> fmt::Debug for UntilExpiry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilExpiry")
            .field("expiry", &self.expiry.deadline())
            .finish_non_exhaustive()
    }
}
