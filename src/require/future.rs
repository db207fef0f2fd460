//! The future of a response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The response future of [`Require`](crate::Require).
    ///
    /// Resolves to the response of the inner service, or to a rejection.
    ///
    /// # Panics
    ///
    /// If it is polled after it has resolved to a rejection.
    #[must_use = "futures do nothing unless polled"]
    pub struct RequireFuture<F, ResBody> {
        #[pin]
        state: State<F, ResBody>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, ResBody> {
        Inner { #[pin] future: F },
        // Boxed, so that the future of an accepted request does not reserve the space. None once it
        // has resolved.
        Rejected { response: Option<Box<Response<ResBody>>> },
    }
}

impl<F, ResBody> RequireFuture<F, ResBody> {
    pub(super) const fn inner(future: F) -> Self {
        Self {
            state: State::Inner { future },
        }
    }

    pub(super) fn rejected(response: Response<ResBody>) -> Self {
        Self {
            state: State::Rejected {
                response: Some(Box::new(response)),
            },
        }
    }
}

impl<F, ResBody, E> Future for RequireFuture<F, ResBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = Result<Response<ResBody>, E>;

    #[expect(
        clippy::expect_used,
        reason = "polling a resolved future is a bug of the caller"
    )]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => future.poll(cx),
            StateProjection::Rejected { response } => {
                let response = response
                    .take()
                    .expect("`RequireFuture` polled after completion");
                Poll::Ready(Ok(*response))
            }
        }
    }
}

impl<F, ResBody> fmt::Debug for RequireFuture<F, ResBody> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireFuture").finish_non_exhaustive()
    }
}
