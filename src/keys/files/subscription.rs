//! Telling issuers what happens to their files.

use std::sync::{Arc, Weak};

use super::event::FilesEvent;
use super::lock;
use super::watch::{KeyFiles, Shared};
use crate::keys::Observer;

/// An issuer that has files, which is told what happens to them.
pub(crate) struct Subscription {
    issuer: String,
    observer: Observer,
}

impl KeyFiles {
    /// Tells an issuer what happens to the files, from what was found at first on, while the
    /// subscription exists.
    pub(crate) fn subscribe(&self, issuer: &str, observer: Observer) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription {
            issuer: issuer.to_owned(),
            observer,
        });
        let mut state = lock(&self.0.state);
        let is_alive = |other: &Weak<Subscription>| other.strong_count() > 0;
        state.subscribers.retain(is_alive);
        let others: Vec<_> = state.subscribers.iter().filter_map(Weak::upgrade).collect();
        state.subscribers.push(Arc::downgrade(&subscription));
        let initial = state.initial.clone();
        drop(state);
        // Another layer with the issuer has logged it.
        let is_logged = others.iter().any(|other| other.issuer == issuer);
        for event in initial {
            if !is_logged {
                event.log(issuer);
            }
            event.notify(issuer, &subscription.observer);
        }
        subscription
    }
}

impl Shared {
    /// Logs an event once for each issuer, of which several layers may have the same, and calls all
    /// observers.
    pub(super) fn report(&self, event: &FilesEvent) {
        let subscribers: Vec<_> = {
            let state = lock(&self.state);
            state.subscribers.iter().filter_map(Weak::upgrade).collect()
        };
        if subscribers.is_empty() {
            event.log(&self.shown);
        }
        for (index, subscription) in subscribers.iter().enumerate() {
            let issuer = &subscription.issuer;
            let mut before = subscribers.iter().take(index);
            if !before.any(|other| other.issuer == *issuer) {
                event.log(issuer);
            }
            event.notify(issuer, &subscription.observer);
        }
    }
}
