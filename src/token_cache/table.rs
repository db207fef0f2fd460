//! A bounded table that is read without a lock.
//!
//! Its places come in small sets, and a hash tells the set. Who reads writes nothing that others read, but for a mark when
//! there was none. Who writes has the set's books to himself; who finds them taken leaves it at that, because nothing
//! depends on what is remembered.

use std::array;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use arc_swap::ArcSwapOption;

/// How many places a set has: as many as have their tags in one line of the processor's cache.
const WAYS: usize = 16;
/// The least room, in bytes, that a set is worth: for one value that came of the longest token.
const LEAST_ROOM: usize = 64 * 1024;

pub(super) struct Table<T> {
    sets: Box<[Set<T>]>,
    /// How many places of a set are used.
    ways: usize,
    /// How many bytes the values of a set may take.
    room: usize,
}

#[repr(align(64))]
struct Set<T> {
    /// A part of each value's hash, so that few others are looked at.
    tags: [AtomicU32; WAYS],
    places: [Place<T>; WAYS],
    books: Mutex<Books>,
}

struct Place<T> {
    value: ArcSwapOption<T>,
    /// Asked for since the hand last came by.
    used: AtomicBool,
}

impl<T> Place<T> {
    fn look<R>(&self, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let value = self.value.load();
        let found = value.as_ref().and_then(|value| look(value));
        // Written only where it changes something, so that nobody else has to read it again.
        if found.is_some() && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }
}

/// What only who writes has to know.
#[derive(Default)]
struct Books {
    /// The bytes of each value; 0 where there is none.
    weights: [usize; WAYS],
    /// Where to look next for what can go.
    hand: usize,
}

impl<T> Table<T> {
    /// Never holds more values, nor more bytes.
    pub(super) fn new(most: usize, bytes: usize) -> Self {
        let ways = most.clamp(1, WAYS);
        let sets = most.div_euclid(ways).min(bytes.div_euclid(LEAST_ROOM)).max(1);
        Self { sets: (0..sets).map(|_| Set::new()).collect(), ways, room: bytes.div_euclid(sets) }
    }

    /// What `look` gives for the one value that it gives something for, of those that may have this hash.
    pub(super) fn find<R>(&self, hash: u64, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let set = self.set(hash)?;
        let tag = tag(hash);
        let places = set.tags.iter().zip(&set.places).filter(|(other, _)| other.load(Ordering::Relaxed) == tag);
        places.map(|(_, place)| place).find_map(|place| place.look(&look))
    }

    /// Puts a value in, at the cost of those that are of no use any more, then of those that were not asked for.
    pub(super) fn insert(&self, hash: u64, value: T, weight: usize, is_useless: impl Fn(&T) -> bool) {
        let Some(set) = self.set(hash).filter(|_| weight <= self.room) else { return };
        let mut books = match set.books.try_lock() {
            Ok(books) => books,
            Err(TryLockError::Poisoned(books)) => books.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        set.sweep(&mut books, is_useless);
        set.put(&mut books, self.ways, self.room, hash, value, weight);
    }

    /// Forgets everything that is there now. Waits for those who write.
    pub(super) fn clear(&self) {
        for set in &self.sets {
            set.sweep(&mut set.books.lock().unwrap_or_else(PoisonError::into_inner), |_| true);
        }
    }

    fn set(&self, hash: u64) -> Option<&Set<T>> {
        let sets = u64::try_from(self.sets.len()).ok()?;
        // The upper half of the hash as a fraction, times the number of sets.
        let place = (hash >> 32).wrapping_mul(sets) >> 32;
        self.sets.get(usize::try_from(place).ok()?)
    }
}

impl<T> Set<T> {
    fn new() -> Self {
        Self {
            tags: array::from_fn(|_| AtomicU32::new(0)),
            places: array::from_fn(|_| Place { value: ArcSwapOption::empty(), used: AtomicBool::new(false) }),
            books: Mutex::default(),
        }
    }

    /// Takes out what is useless.
    fn sweep(&self, books: &mut Books, is_useless: impl Fn(&T) -> bool) {
        for (weight, place) in books.weights.iter_mut().zip(&self.places).filter(|(weight, _)| **weight != 0) {
            if place.value.load().as_deref().is_none_or(&is_useless) {
                place.value.store(None);
                *weight = 0;
            }
        }
    }

    fn put(&self, books: &mut Books, ways: usize, room: usize, hash: u64, value: T, weight: usize) {
        let mut places = self.places.iter().zip(&self.tags).take(ways);
        let Some(free) = self.make_room(books, ways, room.saturating_sub(weight)) else { return };
        let (Some((place, own)), Some(own_weight)) = (places.nth(free), books.weights.get_mut(free)) else { return };
        own.store(tag(hash), Ordering::Relaxed);
        place.used.store(false, Ordering::Relaxed);
        place.value.store(Some(std::sync::Arc::new(value)));
        *own_weight = weight.max(1);
    }

    /// A free place, when all others together weigh no more than `most`.
    fn make_room(&self, books: &mut Books, ways: usize, most: usize) -> Option<usize> {
        // In a round, each place loses its mark or its value; in another one, its value.
        for _ in 0..=WAYS.saturating_mul(2) {
            let free = books.weights.iter().take(ways).position(|weight| *weight == 0);
            if free.is_some() && books.weights.iter().fold(0, |sum, weight| weight.saturating_add(sum)) <= most {
                return free;
            }
            self.advance(books, ways);
        }
        None
    }

    /// Looks at the next place: what was asked for stays for another round.
    fn advance(&self, books: &mut Books, ways: usize) {
        let here = books.hand;
        books.hand = here.saturating_add(1).checked_rem(ways).unwrap_or_default();
        let (Some(place), Some(weight)) = (self.places.get(here), books.weights.get_mut(here)) else { return };
        if !place.used.swap(false, Ordering::Relaxed) {
            place.value.store(None);
            *weight = 0;
        }
    }
}

/// The lower half of the hash.
const fn tag(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// As a hash function would spread them.
    const fn hash(number: u64) -> u64 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
    }

    fn find(table: &Table<u64>, number: u64) -> Option<u64> {
        table.find(hash(number), |value| (*value == number).then_some(*value))
    }

    fn insert(table: &Table<u64>, number: u64, weight: usize) {
        table.insert(hash(number), number, weight, |other| *other == number);
    }

    fn kept(table: &Table<u64>, numbers: std::ops::Range<u64>) -> usize {
        numbers.filter(|number| find(table, *number).is_some()).count()
    }

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let table = Table::new(10_000, 100_000_000);
        (0..1000).for_each(|number| insert(&table, number, 1));
        assert_eq!(kept(&table, 0..1000), 1000);
        assert_eq!(kept(&table, 1000..100_000), 0);
    }

    #[test]
    fn values_with_the_same_hash_are_told_apart() {
        let table = Table::new(100, 1_000_000);
        for value in ["one", "two"] {
            table.insert(7, value, 1, |other| *other == value);
        }
        let all = |value: &'static str| table.find(7, |found| (*found == value).then_some(*found));
        assert_eq!([all("one"), all("two"), all("three")], [Some("one"), Some("two"), None]);
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        for most in [1, 2, 15, 16, 17, 31, 100, 1000] {
            let table = Table::new(most, 1_000_000_000);
            (0..5000).for_each(|number| insert(&table, number, 1));
            let kept = kept(&table, 0..5000);
            assert!(kept <= most && kept > most / 2 - most / 4, "{kept} of {most}");
        }
    }

    #[test]
    fn they_never_take_more_than_the_bytes() {
        for weight in [100, 10_000, 60_000] {
            let table = Table::new(10_000, 1_000_000);
            (0..20_000).for_each(|number| insert(&table, number, weight));
            let kept = kept(&table, 0..20_000);
            assert!(kept > 0 && kept * weight <= 1_000_000, "{kept} of {weight} bytes");
        }
    }

    #[test]
    fn what_is_too_heavy_pushes_nothing_out() {
        let table = Table::new(16, LEAST_ROOM);
        (0..16).for_each(|number| insert(&table, number, 1));
        insert(&table, 16, LEAST_ROOM + 1);
        assert_eq!((kept(&table, 0..16), find(&table, 16)), (16, None));
        insert(&table, 16, LEAST_ROOM);
        assert_eq!((kept(&table, 0..16), find(&table, 16)), (0, Some(16)));
    }

    #[test]
    fn what_is_asked_for_stays_while_strangers_come_and_go() {
        let table = Table::new(16, 1_000_000);
        insert(&table, 0, 1);
        for stranger in 1..1000 {
            assert_eq!(find(&table, 0), Some(0), "after {stranger} strangers");
            insert(&table, stranger, 1);
        }
    }

    #[test]
    fn the_useless_go_first_and_the_same_is_replaced() {
        let table = Table::new(16, 1_000_000);
        (0..16).for_each(|number| insert(&table, number, 1));
        table.insert(hash(16), 16, 1, |other| *other == 3);
        assert_eq!((kept(&table, 0..17), find(&table, 3)), (16, None));
        (0..100).for_each(|_| insert(&table, 16, 1));
        assert_eq!(kept(&table, 0..17), 16);
    }

    #[test]
    fn after_clearing_there_is_nothing_and_room_for_all() {
        let table = Table::new(16, LEAST_ROOM);
        (0..16).for_each(|number| insert(&table, number, LEAST_ROOM / 16));
        table.clear();
        assert_eq!(kept(&table, 0..16), 0);
        (16..32).for_each(|number| insert(&table, number, LEAST_ROOM / 16));
        assert_eq!(kept(&table, 16..32), 16);
    }

    #[test]
    fn many_at_once_find_only_what_is_theirs_and_keep_within_the_bounds() {
        let table = Table::new(64, 4 * LEAST_ROOM);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let table = &table;
                scope.spawn(move || {
                    for step in 0..20_000 {
                        let number = (step * 7 + thread) % 200;
                        assert!(find(table, number).is_none_or(|found| found == number));
                        insert(table, number, 1000);
                    }
                });
            }
        });
        let kept: HashSet<_> = (0..200).filter(|number| find(&table, *number).is_some()).collect();
        assert!(!kept.is_empty() && kept.len() <= 64, "{}", kept.len());
    }

    #[test]
    fn a_value_whose_end_panics_locks_nobody_out() {
        struct Rude(bool);
        impl Drop for Rude {
            fn drop(&mut self) {
                assert!(!self.0 || std::thread::panicking(), "rude");
            }
        }
        let table = Table::new(1, 1_000_000);
        table.insert(1, Rude(true), 1, |_| true);
        let replaced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            table.insert(1, Rude(false), 1, |_| true);
        }));
        assert!(replaced.is_err());
        table.insert(1, Rude(false), 1, |_| true);
        assert!(table.find(1, |_| Some(())).is_some());
    }
}
