//! A bounded, set-associative table that is read without a lock.
//!
//! Its slots form small sets, and a hash chooses two of them. Eviction follows the CLOCK rule: a
//! value that was found since the hand last passed gets a second chance. A reader writes nothing
//! that other readers read, except the mark of a value that has none. A writer has its set for
//! itself. One that finds both sets in use gives up, because nothing depends on a value being
//! cached. A write to a slot costs about 20 ns for each thread that has ever read, because arc-swap
//! visits them all.

mod eviction;
mod set;

use std::time::Duration;

use arc_swap::RefCnt;

pub(super) use self::eviction::Cost;
use self::eviction::{Bounds, WAYS};
use self::set::{Set, Writer};

/// The minimum size of a set: room for one value of a long token.
const MIN_SET_BYTES: usize = 32 * 1024;

/// What an insertion has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    pub(crate) is_cached: bool,
    /// The number of values that were evicted, though they had not expired.
    pub(crate) evicted: usize,
}

/// A table of shared values: `T` is a kind of `Arc`.
pub(super) struct Table<T: RefCnt> {
    /// Never empty.
    sets: Box<[Set<T>]>,
    bounds: Bounds,
}

impl<T: RefCnt> Table<T> {
    /// Creates a table that never holds more values than `max_entries`, nor more than `max_bytes`.
    pub(super) fn new(max_entries: usize, max_bytes: usize) -> Self {
        // Neither `ways` nor `sets` is ever 0, so both can divide.
        let ways = max_entries.clamp(1, WAYS);
        let sets = max_entries
            .div_euclid(ways)
            .min(max_bytes.div_euclid(MIN_SET_BYTES))
            .max(1);
        Self {
            sets: (0..sets).map(|_| Set::new()).collect(),
            bounds: Bounds {
                ways,
                max_bytes: max_bytes.div_euclid(sets),
            },
        }
    }

    /// Returns the first result of `look` among the values that may have this hash.
    pub(super) fn find<R>(&self, hash: u64, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let [first, second] = self.sets(hash)?;
        first
            .find(tag(hash), &look)
            .or_else(|| second.find(tag(hash), &look))
    }

    /// Inserts a value in place of those for which `same` returns true.
    ///
    /// Removes expired values first. If there still is no room, evicts unused ones. The value is
    /// not inserted if these are too few, if it is larger than a set, or if both sets are in use.
    pub(super) fn insert(
        &self,
        hash: u64,
        value: T,
        cost: Cost,
        now: Duration,
        same: impl Fn(&T) -> bool,
    ) -> Inserted {
        // 0 bytes would mark a free slot.
        let cost = Cost {
            bytes: cost.bytes.max(1),
            ..cost
        };
        let Some(sets) = self
            .sets(hash)
            .filter(|_| cost.bytes <= self.bounds.max_bytes)
        else {
            return Inserted::default();
        };
        // Both may be the same set. Its lock then fails for the second.
        let mut writers = sets.map(Set::write);
        writers
            .iter_mut()
            .flatten()
            .for_each(|writer| writer.sweep(now, tag(hash), &same));
        if is_second_preferred(&mut writers, cost.bytes, self.bounds) {
            writers.reverse();
        }
        let put =
            |value, writer: &mut Writer<'_, T>| writer.put(tag(hash), value, cost, self.bounds);
        let rejected = writers.iter_mut().flatten().try_fold(value, put);
        let evicted = writers.iter().flatten().map(|writer| writer.evicted);
        let inserted = Inserted {
            is_cached: rejected.is_none(),
            evicted: evicted.fold(0, usize::saturating_add),
        };
        let removed = writers.map(|writer| writer.map(Writer::finish));
        // Dropped after both locks: a value's `drop` may panic, or use this table.
        drop((removed, rejected));
        inserted
    }

    /// Returns the number of values and the sum of their sizes, including values that have expired
    /// and are not removed yet. Locks each set for a moment, so that a writer may give up.
    pub(super) fn usage(&self) -> (usize, usize) {
        let sets = self.sets.iter().map(Set::usage);
        sets.fold((0, 0), |(entries, bytes), (more, size)| {
            (entries.saturating_add(more), bytes.saturating_add(size))
        })
    }

    /// Returns the two sets of a hash, one for each half of it.
    fn sets(&self, hash: u64) -> Option<[&Set<T>; 2]> {
        let [upper, lower] = halves(hash);
        let sets = self.set(upper).zip(self.set(lower));
        debug_assert!(sets.is_some(), "each half of a hash chooses a set");
        sets.map(<[_; 2]>::from)
    }

    /// Returns the set for 32 bits of a hash, which are scaled from 2^32 to the number of sets. The
    /// result is below that number, and with fewer than 2^32 sets the product does not overflow.
    fn set(&self, half: u32) -> Option<&Set<T>> {
        let sets = u64::try_from(self.sets.len()).ok()?;
        let index = u64::from(half).wrapping_mul(sets) >> 32;
        self.sets.get(usize::try_from(index).ok()?)
    }
}

/// Returns whether only the second set has room. If neither has any, they take turns.
fn is_second_preferred<T: RefCnt>(
    writers: &mut [Option<Writer<'_, T>>; 2],
    bytes: usize,
    bounds: Bounds,
) -> bool {
    let [Some(first), Some(second)] = writers else {
        return false;
    };
    let has_room = |writer: &Writer<'_, T>| writer.eviction.free_slot(bytes, bounds).is_some();
    !has_room(first) && (has_room(second) || first.eviction.take_turns())
}

/// Returns the lower half of the hash. Values that share a set because of this half also share some
/// bits of the tag.
const fn tag(hash: u64) -> u32 {
    let [_, lower] = halves(hash);
    lower
}

const fn halves(hash: u64) -> [u32; 2] {
    let ([upper @ .., _, _, _, _], [_, _, _, _, lower @ ..]) =
        (hash.to_be_bytes(), hash.to_be_bytes());
    [u32::from_be_bytes(upper), u32::from_be_bytes(lower)]
}

#[cfg(test)]
mod tests;
