//! The observers of a layer, and those of one of its issuers.

use std::fmt;
use std::sync::Arc;

use super::Observe;
use super::names::IssuerNames;
use crate::error::IssuerId;
use crate::keys::{KeysEvent, Observer};

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

    /// Calls each observer.
    pub(crate) fn each(&self, tell: impl Fn(&dyn Observe)) {
        if let Some(inner) = &self.0 {
            inner.all.iter().for_each(|observer| tell(&**observer));
        }
    }

    /// Calls each observer with the name of an issuer.
    pub(crate) fn each_about(&self, issuer: IssuerId, tell: impl Fn(&dyn Observe, &str)) {
        if let Some(inner) = &self.0 {
            let issuer = inner.names.get(issuer);
            inner
                .all
                .iter()
                .for_each(|observer| tell(&**observer, issuer));
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
            this.each(|observer, issuer| observer.keys_event(issuer, event));
        }))
    }
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
