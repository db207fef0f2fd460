//! The issuers of an authenticator, which can change while requests read them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};
use foldhash::fast::RandomState;

use super::set::{Entry, IssuerSet, duplicate};
use crate::config_error::ConfigError;
use crate::error::Error;
use crate::observe::Observers;
use crate::verify::{ConfiguredIssuer, Issuer, IssuerKeys, ResourceAudience, SharedKeys};

pub(crate) struct Registry {
    /// Read by every request that verifies a token, without a lock.
    current: ArcSwap<IssuerSet>,
    /// Whether two issuers can come to share a secret. Then each use of a cached token is checked.
    may_share_secrets: AtomicBool,
    /// Whether an issuer is introspected: otherwise no token's form need be looked at.
    is_introspecting: AtomicBool,
    /// Whether the issuers have changed since the authenticator was built.
    is_changed: AtomicBool,
    /// Held while a change is made. No request takes it.
    change: Mutex<()>,
    /// The public keys of all issuers.
    shared_keys: Arc<SharedKeys>,
    /// What the audiences must be, also those of issuers that are added later.
    resource: Option<ResourceAudience>,
    /// A weak reference to this registry for watched files, which may live longer.
    this: Weak<Self>,
    observers: Observers,
}

impl Registry {
    pub(crate) fn new(
        issuers: Vec<Issuer>,
        resource: Option<ResourceAudience>,
        observers: Observers,
    ) -> Result<Arc<Self>, ConfigError> {
        let registry = Arc::new_cyclic(|this| Self {
            current: ArcSwap::default(),
            may_share_secrets: AtomicBool::new(false),
            is_introspecting: AtomicBool::new(false),
            is_changed: AtomicBool::new(false),
            change: Mutex::new(()),
            shared_keys: Arc::default(),
            resource,
            this: Weak::clone(this),
            observers,
        });
        registry.set(issuers)?;
        registry.is_changed.store(false, Ordering::Relaxed);
        Ok(registry)
    }

    pub(crate) fn load(&self) -> Guard<Arc<IssuerSet>> {
        self.current.load()
    }

    /// Rejects a cached token if its issuer has come to share a secret with another one.
    pub(crate) fn check_secrets(&self, issuer: &ConfiguredIssuer) -> Result<(), Error> {
        // Relaxed: orders no other memory. What happens after a change reads it.
        if self.may_share_secrets.load(Ordering::Relaxed) {
            self.load().check_secrets(issuer)
        } else {
            Ok(())
        }
    }

    /// Returns whether an issuer is introspected.
    pub(crate) fn is_introspecting(&self) -> bool {
        // Relaxed: see `check_secrets`.
        self.is_introspecting.load(Ordering::Relaxed)
    }

    /// Returns whether the issuers have changed since the authenticator was built.
    pub(crate) fn is_changed(&self) -> bool {
        // Relaxed: see `check_secrets`.
        self.is_changed.load(Ordering::Relaxed)
    }

    /// Replaces all issuers.
    pub(super) fn set(&self, issuers: Vec<Issuer>) -> Result<(), ConfigError> {
        let built = issuers.into_iter().map(|issuer| self.build(issuer));
        let built = built.collect::<Result<_, _>>()?;
        self.change(|_| built)
    }

    /// Adds an issuer whose name is not there yet.
    pub(super) fn add(&self, issuer: Issuer) -> Result<(), ConfigError> {
        if self.load().names().any(|name| name == issuer.name()) {
            return Err(duplicate(issuer.name()));
        }
        let added = self.build(issuer)?;
        // If another was added meanwhile, two have the name, and the change is rejected.
        self.change(|entries| entries.iter().cloned().chain([added]).collect())
    }

    /// Replaces the issuer of the same name, or adds it.
    pub(super) fn replace(&self, issuer: Issuer) -> Result<(), ConfigError> {
        let built = self.build(issuer)?;
        self.change(|entries| {
            let mut entries = entries.to_vec();
            let is_former = |entry: &&mut Entry| entry.name() == built.name();
            // In its place: of two patterns that a name fits, the first one counts.
            match entries.iter_mut().find(is_former) {
                Some(former) => *former = built,
                None => entries.push(built),
            }
            entries
        })
    }

    /// Removes an issuer, and returns whether it was there.
    pub(super) fn remove(&self, name: &str) -> bool {
        let mut was_there = false;
        let removed = self.change(|entries| {
            let others = entries.iter().filter(|entry| entry.name() != name);
            let others: Vec<_> = others.cloned().collect();
            was_there = others.len() < entries.len();
            others
        });
        // A part of a valid set is valid.
        debug_assert!(removed.is_ok(), "the other issuers are valid");
        was_there
    }

    /// Makes a change, unless it is rejected. The issuers that are left out are retired after the
    /// new set is in place, so that no request finds one that is retired.
    ///
    /// Observers are called after the lock is released: they may make further changes. Key sources
    /// are read while it is held.
    fn change(&self, next: impl FnOnce(&[Entry]) -> Vec<Entry>) -> Result<(), ConfigError> {
        // Nothing is done under the lock that could leave a part of a change behind.
        let changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current.load_full();
        let was_there = addresses(before.entries());
        let is_new = |entry: &Entry| !was_there.contains(&entry.address());
        let after = Arc::new(IssuerSet::new(next(before.entries()), is_new)?);
        if after.is_introspecting() {
            // Before the set is in place: no request may find it and not look at the form.
            self.is_introspecting.store(true, Ordering::Relaxed);
        }
        self.current.store(Arc::clone(&after));
        // Relaxed: see `check_secrets`.
        self.is_changed.store(true, Ordering::Relaxed);
        self.may_share_secrets
            .store(after.may_share_secrets(), Ordering::Relaxed);
        self.is_introspecting
            .store(after.is_introspecting(), Ordering::Relaxed);
        let stays = addresses(after.entries());
        for entry in before.entries() {
            if !stays.contains(&entry.address()) {
                entry.retire();
                self.shared_keys.remove(entry.name());
            }
        }
        let added = || after.entries().iter().filter(|entry| is_new(entry));
        added().for_each(|entry| self.report_keys(entry));
        drop(changing);
        added().for_each(|entry| self.watch_files(entry));
        self.tell_removed(&before, &after);
        Ok(())
    }

    /// Tells observers the names that are not there any more.
    fn tell_removed(&self, before: &IssuerSet, after: &IssuerSet) {
        if self.observers.is_empty() {
            return;
        }
        let stays: HashSet<&str, RandomState> = after.names().collect();
        for name in before.names().filter(|name| !stays.contains(name)) {
            self.observers
                .each(|observer| observer.issuer_removed(name));
        }
    }

    /// Tells an issuer what happens to its files, and checks its secrets after each change.
    fn watch_files(&self, entry: &Entry) {
        let Some(issuer) = entry.keys() else {
            return;
        };
        let (registry, changed) = (Weak::clone(&self.this), Arc::downgrade(issuer));
        issuer.watch_files(move || {
            if let (Some(registry), Some(changed)) = (registry.upgrade(), changed.upgrade()) {
                registry.load().recheck_secrets(&changed);
            }
        });
    }

    /// Compares the public keys of an issuer with those of the others, if they are fixed. If they
    /// are fetched, each fetch does that, and those of a source can change at any time.
    fn report_keys(&self, entry: &Entry) {
        if let Some(issuer) = entry.keys()
            && let IssuerKeys::Fixed(keys) = &issuer.keys
        {
            self.shared_keys.report(&issuer.name, keys, |_| {});
        }
    }

    fn build(&self, mut issuer: Issuer) -> Result<Entry, ConfigError> {
        issuer.bind_to(self.resource.as_ref())?;
        let observers = self.observers.of_issuer(issuer.name());
        issuer.build_entry(&self.shared_keys, &observers)
    }
}

fn addresses(entries: &[Entry]) -> HashSet<usize, RandomState> {
    entries.iter().map(Entry::address).collect()
}
