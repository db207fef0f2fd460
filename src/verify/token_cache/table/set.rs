//! A set of the table: a few slots that are read without a lock.

use std::array;
use std::sync::{PoisonError, TryLockError};
use std::time::Duration;

use arc_swap::RefCnt;

use super::super::sync::{ArcSwapAny, AtomicBool, AtomicU32, Mutex, MutexGuard, Ordering};
use super::eviction::{Bounds, Cost, EvictionState, WAYS};

/// Aligned to a cache line, so that a look-up loads all tags at once.
#[repr(align(64))]
pub(super) struct Set<T: RefCnt> {
    /// 32 bits of each value's hash, so that few other values are compared.
    tags: [AtomicU32; WAYS],
    slots: [Slot<T>; WAYS],
    /// Held by the one writer. Only ever tried, so that neither a request nor a writer that holds
    /// another set waits for it: no order of locks can deadlock.
    eviction: Mutex<EvictionState>,
}

struct Slot<T: RefCnt> {
    value: ArcSwapAny<Option<T>>,
    /// The mark of the CLOCK rule: found since the hand last passed.
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
            eviction: Mutex::default(),
        }
    }

    /// Returns the first result of `look` among the values with this tag.
    pub(super) fn find<R>(&self, tag: u32, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        // Relaxed: a tag only filters. With one that belongs to another value, `look` rejects the
        // value, or the value is missed and verified again.
        let slots = self
            .tags
            .iter()
            .zip(&self.slots)
            .filter(|(other, _)| other.load(Ordering::Relaxed) == tag);
        slots
            .map(|(_, slot)| slot)
            .find_map(|slot| slot.look(&look))
    }

    /// Returns the set's writer, or `None` if it is in use.
    pub(super) fn write(&self) -> Option<Writer<'_, T>> {
        let eviction = match self.eviction.try_lock() {
            Ok(eviction) => eviction,
            // Nothing panics under the lock. If it did, one value would be counted wrongly.
            Err(TryLockError::Poisoned(eviction)) => eviction.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Writer {
            set: self,
            eviction,
            removed: array::from_fn(|_| None),
            evicted: 0,
        })
    }

    /// Returns the number of values and the sum of their sizes.
    pub(super) fn usage(&self) -> (usize, usize) {
        // A poisoned lock: see `write`.
        let eviction = self.eviction.lock().unwrap_or_else(PoisonError::into_inner);
        eviction.usage()
    }
}

impl<T: RefCnt> Slot<T> {
    fn look<R>(&self, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let value = self.value.load();
        let found = value.as_ref().and_then(look);
        // Written only if it changes, so that the cache line stays shared between readers. Relaxed:
        // a mark is a hint to eviction and guards no data.
        if found.is_some() && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }
}

/// The exclusive right to write to a set.
///
/// A value that is evicted is first released in the eviction state, and taken out of its slot
/// later.
pub(super) struct Writer<'s, T: RefCnt> {
    set: &'s Set<T>,
    pub(super) eviction: MutexGuard<'s, EvictionState>,
    removed: Removed<T>,
    /// The number of values that were evicted, though they had not expired.
    pub(super) evicted: usize,
}

/// The values that were taken out of a set. To be dropped after its lock, because dropping a value
/// may run the user's code.
pub(super) type Removed<T> = [Option<T>; WAYS];

impl<T: RefCnt> Writer<'_, T> {
    /// Releases expired values, and those with this tag for which `same` returns true.
    pub(super) fn sweep(&mut self, now: Duration, tag: u32, same: impl Fn(&T) -> bool) {
        for (index, (slot, other)) in self.set.slots.iter().zip(&self.set.tags).enumerate() {
            let cost = self.eviction.cost(index);
            // Relaxed: only writers store tags, and the lock orders them.
            let is_same = || {
                other.load(Ordering::Relaxed) == tag
                    && slot.value.load().as_ref().is_some_and(&same)
            };
            if cost.bytes != 0 && (cost.valid_until <= now || is_same()) {
                self.eviction.release(index);
            }
        }
    }

    /// Puts a value into a free slot, evicting unused values if necessary. Returns the value if
    /// that is not possible.
    pub(super) fn put(&mut self, tag: u32, value: T, cost: Cost, bounds: Bounds) -> Option<T> {
        let set = self.set;
        let room = self.eviction.make_room(cost.bytes, bounds, |index| {
            set.slots.get(index).map(|slot| &slot.used)
        });
        let Some((free, evicted)) = room else {
            return Some(value);
        };
        self.evicted = evicted;
        self.eviction.record(free, cost);
        // Before the new value comes in, so that all values together never exceed the bounds.
        self.take_out();
        let mut slots = set.slots.iter().zip(&set.tags).zip(&mut self.removed);
        let Some(((slot, own_tag), removed)) = slots.nth(free) else {
            debug_assert!(false, "slot {free} of {WAYS}");
            return Some(value);
        };
        debug_assert!(removed.is_none(), "slot {free} was filled twice");
        // Relaxed: see `find`. A reader may meet the new tag with the old value.
        own_tag.store(tag, Ordering::Relaxed);
        slot.used.store(false, Ordering::Relaxed);
        *removed = slot.value.swap(Some(value));
        None
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> Vec<usize> {
        let sizes = (0..WAYS).map(|slot| self.eviction.cost(slot).bytes);
        sizes.filter(|bytes| *bytes != 0).collect()
    }

    /// Takes released values out of their slots.
    fn take_out(&mut self) {
        for (index, (slot, removed)) in self.set.slots.iter().zip(&mut self.removed).enumerate() {
            if self.eviction.take_released(index) {
                // Relaxed: as in `look`.
                slot.used.store(false, Ordering::Relaxed);
                *removed = slot.value.swap(None);
            }
        }
    }

    /// Unlocks the set. Returns the values that were taken out of it.
    pub(super) fn finish(mut self) -> Removed<T> {
        self.take_out();
        self.removed
    }
}
