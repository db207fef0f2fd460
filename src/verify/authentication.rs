//! The authentication of one token: its verification, and then the policy.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::{Engine, Offload, Progress, diagnosis};
use crate::error::{Error, IssuerId};
use crate::observe::WaitFor;
use crate::policy::{Accepted, Checking, Policy, PolicyProgress, Presented, Unchecked};
use crate::request::{RequestParts, Scheme};
use crate::trace::WaitSpan;

/// What is known of a token without waiting.
pub(crate) enum Attempt<C> {
    Done(Result<Accepted<C>, Error>),
    Pending(Authentication<C>),
}

/// The authentication of a token that has to wait: for keys, for a signature check on another
/// thread, or for a check of the policy.
pub(crate) struct Authentication<C> {
    engine: Arc<Engine<C>>,
    policy: Arc<Policy<C>>,
    state: State<C>,
    span: WaitSpan,
}

enum State<C> {
    Verifying {
        verified: BoxFuture<'static, Result<Verified<C>, Error>>,
        scheme: Scheme,
    },
    Checking(Checking<C>),
}

/// The claims of a verified token, and the token, which a proof is about.
type Verified<C> = (Unchecked<C>, Vec<u8>);

impl<C: DeserializeOwned + Send + Sync + 'static> Authentication<C> {
    /// Authenticates a token as far as that is possible without waiting.
    pub(super) fn start(
        engine: &Arc<Engine<C>>,
        policy: &Arc<Policy<C>>,
        presented: &Presented<'_>,
    ) -> Attempt<C> {
        let now = engine.now();
        let (wait_for, state) = match engine.verify(presented.token, now) {
            Progress::Done(Err(error)) => {
                diagnosis::log(engine, presented.token, &error, || now);
                return Attempt::Done(Err(error));
            }
            Progress::Done(Ok(claims)) => match policy.start(claims, presented, now) {
                Ok(PolicyProgress::LacksAudienceScope(error)) => {
                    diagnosis::log_audience_scope(engine, presented.token, &error, now);
                    return Attempt::Done(Err(error));
                }
                Ok(PolicyProgress::Done(outcome)) => {
                    return Attempt::Done(outcome.inspect_err(diagnosis::log_policy));
                }
                Ok(PolicyProgress::Pending(checking)) => ("check", State::Checking(checking)),
                Err(unproven) => return Attempt::Done(Err(diagnosis::log_binding(unproven))),
            },
            progress => {
                let (wait_for, token) = (progress.name(), presented.token.to_owned());
                let verified = verify_and_log(Arc::clone(engine), token, progress);
                let state = State::Verifying {
                    verified: Box::pin(verified),
                    scheme: presented.scheme,
                };
                (wait_for, state)
            }
        };
        Attempt::Pending(Self {
            engine: Arc::clone(engine),
            policy: Arc::clone(policy),
            state,
            span: WaitSpan::new(wait_for),
        })
    }
}

impl<C: Send + Sync + 'static> Authentication<C> {
    /// Polls what the authentication waits for. `request` is the one that carries the token.
    pub(crate) fn poll(
        &mut self,
        request: Option<&RequestParts<'_>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Accepted<C>, Error>> {
        let Self {
            engine,
            policy,
            state,
            span,
        } = self;
        let outcome = span.in_scope(|| state.poll(engine, policy, request, cx));
        if let Poll::Ready(Err(error)) = &outcome {
            span.rejected(error);
        }
        outcome
    }
}

impl<C: Send + Sync + 'static> State<C> {
    fn poll(
        &mut self,
        engine: &Engine<C>,
        policy: &Policy<C>,
        request: Option<&RequestParts<'_>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Accepted<C>, Error>> {
        loop {
            match self {
                Self::Verifying { verified, scheme } => {
                    let (claims, token) = ready!(verified.as_mut().poll(cx))?;
                    let presented = Presented {
                        token: &token,
                        scheme: *scheme,
                        request,
                    };
                    let bound = policy.bind(claims, &presented, engine.now());
                    *self = Self::Checking(bound.map_err(diagnosis::log_binding)?);
                }
                Self::Checking(checking) => {
                    let now = || engine.now();
                    let outcome = policy.poll(checking, request, now, cx);
                    let log = if checking.lacks_audience_scope() {
                        diagnosis::log_scope
                    } else {
                        diagnosis::log_policy
                    };
                    return outcome.map(|outcome| outcome.inspect_err(log));
                }
            }
        }
    }
}

/// Completes the verification of a token, and logs why it is rejected.
async fn verify_and_log<C: DeserializeOwned + Send + Sync + 'static>(
    engine: Arc<Engine<C>>,
    token: Vec<u8>,
    progress: Progress<C>,
) -> Result<Verified<C>, Error> {
    let outcome = verify(&engine, &token, progress, Engine::now).await;
    if let Err(error) = &outcome {
        diagnosis::log(&engine, &token, error, || engine.now());
    }
    outcome.map(|claims| (claims, token))
}

/// Completes the verification of a token, which began with `progress`. Waits for newer keys once.
/// `now` returns the time since 1970.
pub(super) async fn verify<C: DeserializeOwned + Send + Sync + 'static>(
    engine: &Arc<Engine<C>>,
    token: &[u8],
    mut progress: Progress<C>,
    now: impl Fn(&Engine<C>) -> Duration + Copy + Send + Sync + 'static,
) -> Result<Unchecked<C>, Error> {
    let mut is_refreshed = false;
    loop {
        progress = match progress {
            Progress::Done(outcome) => return outcome,
            Progress::NeedsKeys(needs_keys) if is_refreshed => return Err(needs_keys.into_error()),
            Progress::NeedsKeys(needs_keys) => {
                needs_keys.refresh().await?;
                if needs_keys.has_same_keys(engine.issuers.is_changed()) {
                    return Err(needs_keys.into_error());
                }
                // The keys of an issuer that has replaced it are still to be waited for.
                is_refreshed = !needs_keys.is_retired();
                engine.verify_unobserved(token, now(engine))
            }
            Progress::NeedsAnswer(question) => {
                let answered = question.ask(token, &engine.rules, now(engine)).await?;
                match answered {
                    Some(answered) => return engine.accept_answer(&answered, now(engine)),
                    // The issuer was removed or replaced.
                    None => engine.verify_unobserved(token, now(engine)),
                }
            }
            Progress::Offload => verify_offloaded(engine, token, now).await,
        };
    }
}

/// Verifies a token on another thread.
async fn verify_offloaded<C>(
    engine: &Arc<Engine<C>>,
    token: &[u8],
    now: impl Fn(&Engine<C>) -> Duration + Send + 'static,
) -> Progress<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    let offload = engine.offload.as_ref();
    let Some(offload) = offload.filter(|_| Offload::is_available()) else {
        return engine.verify_here(token, now(engine));
    };
    let (engine, token) = (Arc::clone(engine), token.to_owned());
    let observers = engine.observers.about(IssuerId::NONE);
    let done = offload.run(move || engine.verify_here(&token, now(&engine)));
    let done = observers.timed(WaitFor::Offload, done).await;
    done.unwrap_or_else(|error| {
        Progress::Done(Err(Error::check_unavailable(Some(Arc::new(error)))))
    })
}
