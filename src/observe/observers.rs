//! The observers of a layer, and those of one of its issuers.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::names::IssuerNames;
use super::{
    IntrospectionEvent, IntrospectionOutcome, IssuerKeysEvent, Observe, RequestEvent,
    RequestOutcome, RequirementEvent, TokenScheme, WaitEvent, WaitFor,
};
use crate::error::{Error, ErrorKind, IssuerId};
use crate::keys::{KeysEvent, Observer, catch_panic};
use crate::request::{OnRejection, Scheme};

/// The observers of a layer. Usually none: then nothing is measured. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Observers(Option<Arc<Inner>>);

struct Inner {
    all: Vec<Arc<dyn Observe>>,
    names: IssuerNames,
}

/// The observers of a layer, for what concerns one of its issuers.
#[derive(Clone, Default)]
pub(crate) struct IssuerObservers {
    observers: Observers,
    issuer: IssuerId,
}

impl Observers {
    pub(crate) fn new(all: Vec<Arc<dyn Observe>>) -> Self {
        let names = IssuerNames::default();
        Self((!all.is_empty()).then(|| Arc::new(Inner { all, names })))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Calls each observer. It is the user's: if it panics, what it is told has happened
    /// nevertheless.
    pub(crate) fn each(&self, tell: impl Fn(&dyn Observe)) {
        if let Some(inner) = &self.0 {
            let all = inner.all.iter();
            all.for_each(|observer| catch_panic("Observe", || tell(&**observer)));
        }
    }

    /// Calls each observer with the name of an issuer.
    pub(crate) fn each_about(&self, issuer: IssuerId, tell: impl Fn(&dyn Observe, &str)) {
        if let Some(inner) = &self.0 {
            let issuer = inner.names.get(issuer);
            let all = inner.all.iter();
            all.for_each(|observer| catch_panic("Observe", || tell(&**observer, issuer)));
        }
    }

    /// Tells that a token was accepted.
    pub(crate) fn accepted(&self, scheme: Scheme, issuer: IssuerId, has_nonce: bool) {
        self.request(Some(scheme), issuer, RequestOutcome::Accepted);
        if has_nonce {
            self.each(Observe::dpop_nonce_issued);
        }
    }

    /// Tells that a request was rejected.
    pub(crate) fn rejected(&self, scheme: Option<Scheme>, error: &Error) {
        self.request(scheme, error.issuer(), RequestOutcome::Rejected(error));
        if error.kind() == ErrorKind::UseDpopNonce {
            self.each(Observe::dpop_nonce_issued);
        }
    }

    /// Tells that a request goes on without claims.
    pub(crate) fn passed(&self) {
        self.request(None, IssuerId::NONE, RequestOutcome::Passed);
    }

    fn request(&self, scheme: Option<Scheme>, issuer: IssuerId, outcome: RequestOutcome<'_>) {
        let scheme = scheme.map(|scheme| match scheme {
            Scheme::Bearer => TokenScheme::Bearer,
            Scheme::Dpop => TokenScheme::Dpop,
        });
        self.each_about(issuer, |observer, issuer| {
            observer.request(&RequestEvent {
                outcome,
                scheme,
                issuer,
            });
        });
    }

    /// Returns what is called when something below the layer rejects a request.
    pub(crate) fn of_requirements(&self) -> Option<OnRejection> {
        if self.is_empty() {
            return None;
        }
        let this = self.clone();
        Some(Arc::new(move |error: &Error| {
            let rejected = RequirementEvent { error };
            this.each(|observer| observer.requirement_rejected(&rejected));
        }))
    }

    /// Returns the observers, for what concerns the issuer with an id.
    pub(crate) fn about(&self, issuer: IssuerId) -> IssuerObservers {
        IssuerObservers {
            observers: self.clone(),
            issuer,
        }
    }

    /// Returns the observers of an issuer by its configured name.
    pub(crate) fn of_issuer(&self, name: &str) -> IssuerObservers {
        let inner = self.0.as_ref();
        IssuerObservers {
            observers: self.clone(),
            issuer: inner.map_or(IssuerId::NONE, |inner| inner.names.id_of(name)),
        }
    }
}

impl IssuerObservers {
    pub(crate) const fn id(&self) -> IssuerId {
        self.issuer
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.observers.is_empty()
    }

    /// Calls each observer with the name of the issuer.
    pub(crate) fn each(&self, tell: impl Fn(&dyn Observe, &str)) {
        self.observers.each_about(self.issuer, tell);
    }

    /// Tells how it became known whether a token is active.
    pub(crate) fn introspected(&self, outcome: IntrospectionOutcome) {
        self.each(|observer, issuer| {
            observer.introspected(&IntrospectionEvent { issuer, outcome });
        });
    }

    /// Waits, and tells how long. A future that is ready at once is not waited for.
    pub(crate) async fn timed<T>(&self, wait_for: WaitFor, wait: impl Future<Output = T>) -> T {
        if self.is_empty() {
            return wait.await;
        }
        let (outcome, duration) = measured(wait).await;
        if let Some(duration) = duration {
            self.each(|observer, issuer| {
                observer.waited(&WaitEvent {
                    wait_for,
                    issuer,
                    duration,
                });
            });
        }
        outcome
    }

    /// Returns what is called for each event about the issuer's keys: `own`, and the observers.
    pub(crate) fn of_keys(&self, own: Option<Observer>) -> Option<Observer> {
        if self.is_empty() {
            return own;
        }
        let this = self.clone();
        Some(Observer::new(move |name, event: &KeysEvent<'_>| {
            if let Some(own) = &own {
                own.notify(name, event);
            }
            this.each(|observer, issuer| {
                observer.keys_event(&IssuerKeysEvent { issuer, event });
            });
        }))
    }
}

/// Returns how long a future is waited for, with its output. `None` if it is ready at once.
pub(super) async fn measured<T>(wait: impl Future<Output = T>) -> (T, Option<Duration>) {
    let (mut wait, mut start) = (pin!(wait), None::<Instant>);
    poll_fn(|cx| {
        let outcome = wait.as_mut().poll(cx);
        if outcome.is_pending() {
            start.get_or_insert_with(Instant::now);
        }
        outcome.map(|outcome| (outcome, start.map(|start| start.elapsed())))
    })
    .await
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |inner| inner.all.len());
        f.debug_tuple("Observers").field(&count).finish()
    }
}

impl fmt::Debug for IssuerObservers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.observers.fmt(f)
    }
}
