//! A few places for values, read without a lock.

use std::array;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use arc_swap::{ArcSwapAny, RefCnt};

use super::accounts::{Books, Bounds, WAYS, Worth};

#[repr(align(64))]
pub(super) struct Set<T: RefCnt> {
    /// A part of each value's hash, so that few others are looked at.
    tags: [AtomicU32; WAYS],
    places: [Place<T>; WAYS],
    books: Mutex<Books>,
}

struct Place<T: RefCnt> {
    value: ArcSwapAny<Option<T>>,
    /// Asked for since the hand last came by.
    used: AtomicBool,
}

impl<T: RefCnt> Set<T> {
    pub(super) fn new() -> Self {
        Self {
            tags: array::from_fn(|_| AtomicU32::new(0)),
            places: array::from_fn(|_| Place {
                value: ArcSwapAny::new(None),
                used: AtomicBool::new(false),
            }),
            books: Mutex::default(),
        }
    }

    /// What `look` gives for the one value that it gives something for, of those with this tag.
    pub(super) fn find<R>(&self, tag: u32, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let places = self
            .tags
            .iter()
            .zip(&self.places)
            .filter(|(other, _)| other.load(Ordering::Relaxed) == tag);
        places
            .map(|(_, place)| place)
            .find_map(|place| place.look(&look))
    }

    /// The right to write, unless somebody has it.
    pub(super) fn write(&self) -> Option<Writer<'_, T>> {
        let books = match self.books.try_lock() {
            Ok(books) => books,
            Err(TryLockError::Poisoned(books)) => books.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Writer {
            set: self,
            books,
            gone: array::from_fn(|_| None),
        })
    }
}

impl<T: RefCnt> Place<T> {
    fn look<R>(&self, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let value = self.value.load();
        let found = value.as_ref().and_then(look);
        // Written only where it changes something, so that nobody else has to read it again.
        if found.is_some() && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }
}

/// Who may write to a set. What goes is struck from the books at first, and taken out later.
pub(super) struct Writer<'s, T: RefCnt> {
    set: &'s Set<T>,
    pub(super) books: MutexGuard<'s, Books>,
    gone: Gone<T>,
}

/// What was taken out of a set, to be dropped when nobody is locked out: it may be the user's.
pub(super) type Gone<T> = [Option<T>; WAYS];

impl<T: RefCnt> Writer<'_, T> {
    /// Forgets what is out of its time, and those with this tag that are the `same`.
    pub(super) fn sweep(&mut self, now: Duration, tag: u32, same: impl Fn(&T) -> bool) {
        for (index, (place, other)) in self.set.places.iter().zip(&self.set.tags).enumerate() {
            let there = self.books.worth(index);
            let is_same = || {
                other.load(Ordering::Relaxed) == tag
                    && place.value.load().as_ref().is_some_and(&same)
            };
            if there.weight != 0 && (there.until <= now || is_same()) {
                self.books.strike(index);
            }
        }
    }

    /// Puts a value where there is room, or else in place of what was not asked for. Gives it back where neither is.
    pub(super) fn put(&mut self, tag: u32, value: T, worth: Worth, bounds: Bounds) -> Option<T> {
        let set = self.set;
        let free = self.books.make_room(worth.weight, bounds, |index| {
            Some(&set.places.get(index)?.used)
        });
        let there = free.and_then(|free| Some((free, set.places.get(free)?, set.tags.get(free)?)));
        let Some((free, place, own)) = there else {
            return Some(value);
        };
        self.books.note(free, worth);
        self.take_out();
        own.store(tag, Ordering::Relaxed);
        place.used.store(false, Ordering::Relaxed);
        let before = place.value.swap(Some(value));
        self.gone
            .get_mut(free)
            .and_then(|gone| std::mem::replace(gone, before))
    }

    #[cfg(test)]
    pub(super) fn weights(&self) -> Vec<usize> {
        let weights = (0..WAYS).map(|place| self.books.worth(place).weight);
        weights.filter(|weight| *weight != 0).collect()
    }

    /// Takes out what is not in the books any more.
    fn take_out(&mut self) {
        for (index, (place, gone)) in self.set.places.iter().zip(&mut self.gone).enumerate() {
            if self.books.settle(index) {
                place.used.store(false, Ordering::Relaxed);
                *gone = place.value.swap(None);
            }
        }
    }

    /// Lets others write.
    pub(super) fn finish(mut self) -> Gone<T> {
        self.take_out();
        self.gone
    }
}
