//! A bounded table that is read without a lock.
//!
//! It is set-associative: its slots form small sets, and a hash selects two of them. The CLOCK
//! algorithm evicts (second chance for entries that were read). A reader writes nothing that other
//! readers read, except the mark of an entry that had none. A writer locks a set. If both sets are
//! locked, it gives up, since nothing depends on what is cached. Changing a slot costs about 20 ns
//! for each thread that has ever read, since `arc-swap` waits for those that are reading.

use std::time::Duration;

use arc_swap::RefCnt;

use super::accounts::{Bounds, Cost, WAYS};
use super::set::{Set, Writer};

/// The minimum memory of a set, in bytes: enough for the entry of one long token.
const MIN_SET_BYTES: usize = 32 * 1024;

/// A table of shared values: `T` is some kind of `Arc`.
pub(super) struct Table<T: RefCnt> {
    sets: Box<[Set<T>]>,
    bounds: Bounds,
}

impl<T: RefCnt> Table<T> {
    /// Makes a table that never holds more entries or more bytes.
    pub(super) fn new(max_entries: usize, bytes: usize) -> Self {
        // Neither is ever 0, so dividing by them can't fail.
        let ways = max_entries.clamp(1, WAYS);
        let sets = max_entries
            .div_euclid(ways)
            .min(bytes.div_euclid(MIN_SET_BYTES))
            .max(1);
        Self {
            sets: (0..sets).map(|_| Set::new()).collect(),
            bounds: Bounds {
                ways,
                max_bytes: bytes.div_euclid(sets),
            },
        }
    }

    /// Returns what `matching` returns, for the entry of this hash for which it returns something.
    pub(super) fn find<R>(&self, hash: u64, matching: impl Fn(&T) -> Option<R>) -> Option<R> {
        let [one, two] = self.sets(hash)?;
        one.find(tag(hash), &matching)
            .or_else(|| two.find(tag(hash), &matching))
    }

    /// Inserts a value. It replaces an entry that is the `same`, entries that have expired `now`,
    /// and then entries that were not read. Gives up where those are too few.
    pub(super) fn insert(
        &self,
        hash: u64,
        value: T,
        cost: Cost,
        now: Duration,
        same: impl Fn(&T) -> bool,
    ) {
        let cost = Cost {
            bytes: cost.bytes.max(1),
            ..cost
        };
        let Some(sets) = self
            .sets(hash)
            .filter(|_| cost.bytes <= self.bounds.max_bytes)
        else {
            return;
        };
        // If both are the same set, the second lock is not available.
        let mut writers = sets.map(Set::write);
        writers
            .iter_mut()
            .flatten()
            .for_each(|writer| writer.sweep(now, tag(hash), &same));
        if is_second_first(&mut writers, cost.bytes, self.bounds) {
            writers.reverse();
        }
        let put =
            |value, writer: &mut Writer<'_, T>| writer.put(tag(hash), value, cost, self.bounds);
        let unplaced = writers.iter_mut().flatten().try_fold(value, put);
        let removed = writers.map(|writer| writer.map(Writer::finish));
        // Values may be of a user's type: they are dropped after the locks.
        drop((removed, unplaced));
    }

    /// Selects a set by each half of the hash, taken as a fraction of the number of sets.
    fn sets(&self, hash: u64) -> Option<[&Set<T>; 2]> {
        let sets = u64::try_from(self.sets.len()).ok()?;
        let set = |half: u32| {
            self.sets
                .get(usize::try_from(u64::from(half).wrapping_mul(sets) >> 32).ok()?)
        };
        let [upper, lower] = halves(hash);
        Some([set(upper)?, set(lower)?])
    }
}

/// Returns whether the second set has space and the first has none. If neither has space, they
/// alternate.
fn is_second_first<T: RefCnt>(
    writers: &mut [Option<Writer<'_, T>>; 2],
    bytes: usize,
    bounds: Bounds,
) -> bool {
    let [Some(one), Some(two)] = writers else {
        return false;
    };
    let has_space = |writer: &Writer<'_, T>| writer.accounts.free_slot(bytes, bounds).is_some();
    !has_space(one) && (has_space(two) || one.accounts.alternate())
}

/// Returns the lower half of the hash. Entries that share a set by it share a few of its bits.
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
