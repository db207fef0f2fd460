//! The response, when it is there.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, iter};

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use crate::guard::Pending;
use crate::response::MakeResponse;
use crate::service::refuse;
use crate::trace;

pin_project! {
    /// The response of a protected service: that of the service itself, or a refusal.
    ///
    /// Where keys must be fetched first, it holds the request and the service that was polled ready until they are
    /// there; dropping it drops both.
    pub struct ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, ReqBody, R>,
        private: bool,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>>,
    {
        Inner { #[pin] future: S::Future },
        Refused { response: Option<S::Response> },
        Waiting { waiting: Option<Box<Waiting<S, ReqBody, R>>> },
    }
}

/// A request that waits for keys. Boxed, so that the others don't carry room for it.
struct Waiting<S, ReqBody, R> {
    pending: Pending,
    /// The service that was polled ready: the one to be called.
    service: S,
    request: Request<ReqBody>,
    response: R,
}

impl<S, ReqBody, R> ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    pub(crate) const fn inner(future: S::Future, private: bool) -> Self {
        Self {
            state: State::Inner { future },
            private,
        }
    }

    pub(crate) const fn refused(response: S::Response) -> Self {
        Self {
            state: State::Refused {
                response: Some(response),
            },
            private: false,
        }
    }

    pub(crate) fn waiting(
        pending: Pending,
        service: S,
        request: Request<ReqBody>,
        response: R,
        private: bool,
    ) -> Self {
        let waiting = Some(Box::new(Waiting {
            pending,
            service,
            request,
            response,
        }));
        Self {
            state: State::Waiting { waiting },
            private,
        }
    }
}

impl<S, ReqBody, R, ResBody> Future for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: MakeResponse<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } if *this.private => {
                    return future.poll(cx).map_ok(keep_private);
                }
                StateProjection::Inner { future } => return future.poll(cx),
                StateProjection::Refused { response } => {
                    // Taken once; like every future, this one must not be polled after that.
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
                StateProjection::Waiting { waiting } => ready!(proceed(waiting, cx)),
            };
            this.state.set(next);
        }
    }
}

/// Waits for the keys; then the request goes on or is refused.
fn proceed<S, ReqBody, R, ResBody>(
    slot: &mut Option<Box<Waiting<S, ReqBody, R>>>,
    cx: &mut Context<'_>,
) -> Poll<State<S, ReqBody, R>>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: MakeResponse<ResBody>,
{
    let Some(waiting) = slot else {
        return Poll::Pending;
    };
    let outcome = ready!(waiting.pending.as_mut().poll(cx));
    let Some(waiting) = slot.take() else {
        return Poll::Pending;
    };
    let Waiting {
        mut service,
        mut request,
        response,
        ..
    } = *waiting;
    Poll::Ready(match outcome {
        Ok(claims) => {
            request.extensions_mut().extend(claims);
            State::Inner {
                future: service.call(request),
            }
        }
        Err(error) => {
            trace::refused(&error);
            State::Refused {
                response: Some(refuse(&response, error, &request)),
            }
        }
    })
}

/// The token was in the URL: no shared cache may keep what it opened (RFC 6750 §2.3). What else the service says of
/// caches stays, and all of it where it is as strict.
fn keep_private<ResBody>(mut response: Response<ResBody>) -> Response<ResBody> {
    let said = response
        .headers()
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let said: Vec<_> = said.flat_map(directives).collect();
    let is = |directive: &str, names: [&str; 2]| {
        names
            .iter()
            .any(|name| directive.eq_ignore_ascii_case(name))
    };
    let is_strict = said
        .iter()
        .any(|directive| is(directive, ["no-store", "private"]));
    if response.status().is_success() && !is_strict {
        let kept = said.into_iter().filter(|directive| {
            let name = directive.split('=').next().unwrap_or_default();
            !is(name.trim_end(), ["public", "s-maxage"])
        });
        let value = iter::once("private")
            .chain(kept)
            .collect::<Vec<_>>()
            .join(", ");
        let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("private"));
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// The members of a list. A comma between quotes separates nothing (RFC 9110 §5.6.1).
fn directives(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

impl<S, ReqBody, R> fmt::Debug for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
