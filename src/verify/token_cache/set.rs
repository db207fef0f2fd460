//! A set of slots, read without a lock.

use std::array;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use arc_swap::{ArcSwapAny, RefCnt};

use super::accounts::{Accounts, Bounds, Cost, WAYS};

#[repr(align(64))]
pub(super) struct Set<T: RefCnt> {
    /// A part of each value's hash, so that few other values are compared.
    ///
    /// `Relaxed` everywhere: a stale tag only makes a reader miss an entry, or compare one in vain.
    tags: [AtomicU32; WAYS],
    slots: [Slot<T>; WAYS],
    accounts: Mutex<Accounts>,
}

struct Slot<T: RefCnt> {
    value: ArcSwapAny<Option<T>>,
    /// Read since the clock hand last passed. `Relaxed` everywhere: a lost mark only evicts an entry
    /// early.
    used: AtomicBool,
}

impl<T: RefCnt> Set<T> {
    pub(super) fn new() -> Self {
        Self {
            tags: array::from_fn(|_| AtomicU32::new(0)),
            slots: array::from_fn(|_| Slot {
                value: ArcSwapAny::new(None),
                used: AtomicBool::new(false),
            }),
            accounts: Mutex::default(),
        }
    }

    /// Returns what `matching` returns, for the value of this tag for which it returns something.
    pub(super) fn find<R>(&self, tag: u32, matching: impl Fn(&T) -> Option<R>) -> Option<R> {
        let slots = self
            .tags
            .iter()
            .zip(&self.slots)
            .filter(|(other, _)| other.load(Ordering::Relaxed) == tag);
        slots
            .map(|(_, slot)| slot)
            .find_map(|slot| slot.matching(&matching))
    }

    /// Locks the set for writing, unless it is locked.
    pub(super) fn write(&self) -> Option<Writer<'_, T>> {
        let accounts = match self.accounts.try_lock() {
            Ok(accounts) => accounts,
            Err(TryLockError::Poisoned(accounts)) => accounts.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Writer {
            set: self,
            accounts,
            removed: array::from_fn(|_| None),
        })
    }
}

impl<T: RefCnt> Slot<T> {
    fn matching<R>(&self, matching: impl Fn(&T) -> Option<R>) -> Option<R> {
        let value = self.value.load();
        let found = value.as_ref().and_then(matching);
        // Written only if that changes it: else every read would invalidate the cache line for
        // other cores.
        if found.is_some() && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }
}

/// A locked set. Released entries leave the accounts first, and their slots later.
pub(super) struct Writer<'s, T: RefCnt> {
    set: &'s Set<T>,
    pub(super) accounts: MutexGuard<'s, Accounts>,
    removed: Removed<T>,
}

/// Values that were removed, to be dropped after the lock: their type may be a user's.
pub(super) type Removed<T> = [Option<T>; WAYS];

impl<T: RefCnt> Writer<'_, T> {
    /// Releases entries that have expired, and those of this tag that are the `same`.
    pub(super) fn sweep(&mut self, now: Duration, tag: u32, same: impl Fn(&T) -> bool) {
        for (index, (slot, other)) in self.set.slots.iter().zip(&self.set.tags).enumerate() {
            let there = self.accounts.cost(index);
            let is_same = || {
                other.load(Ordering::Relaxed) == tag
                    && slot.value.load().as_ref().is_some_and(&same)
            };
            if there.bytes != 0 && (there.valid_until <= now || is_same()) {
                self.accounts.release(index);
            }
        }
    }

    /// Puts a value into a free slot, or into that of an entry that was not read. Returns the value
    /// if there is neither.
    pub(super) fn put(&mut self, tag: u32, value: T, cost: Cost, bounds: Bounds) -> Option<T> {
        let set = self.set;
        let free = self.accounts.make_space(cost.bytes, bounds, |index| {
            Some(&set.slots.get(index)?.used)
        });
        let there = free.and_then(|free| Some((free, set.slots.get(free)?, set.tags.get(free)?)));
        let Some((free, slot, own)) = there else {
            return Some(value);
        };
        self.accounts.record(free, cost);
        self.take_out();
        own.store(tag, Ordering::Relaxed);
        slot.used.store(false, Ordering::Relaxed);
        let before = slot.value.swap(Some(value));
        self.removed
            .get_mut(free)
            .and_then(|removed| std::mem::replace(removed, before))
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> Vec<usize> {
        let sizes = (0..WAYS).map(|slot| self.accounts.cost(slot).bytes);
        sizes.filter(|bytes| *bytes != 0).collect()
    }

    /// Empties the slots of released entries.
    fn take_out(&mut self) {
        for (index, (slot, removed)) in self.set.slots.iter().zip(&mut self.removed).enumerate() {
            if self.accounts.take_released(index) {
                slot.used.store(false, Ordering::Relaxed);
                *removed = slot.value.swap(None);
            }
        }
    }

    /// Unlocks the set.
    pub(super) fn finish(mut self) -> Removed<T> {
        self.take_out();
        self.removed
    }
}
