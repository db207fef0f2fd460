//! The primitives of the token cache, as loom models them.

use std::ops::Deref;

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(crate) use loom::sync::{Mutex, MutexGuard};

/// A shared value that is loaded and swapped atomically, as in the crate `arc-swap`, whose own
/// orderings are not modelled: it documents its operations as sequentially consistent.
#[derive(Debug)]
pub(crate) struct ArcSwapAny<T>(Mutex<T>);

/// A loaded value.
pub(crate) struct Guard<T>(T);

impl<T: Clone> ArcSwapAny<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn load(&self) -> Guard<T> {
        Guard(self.0.lock().unwrap().clone())
    }

    pub(crate) fn swap(&self, value: T) -> T {
        std::mem::replace(&mut *self.0.lock().unwrap(), value)
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
